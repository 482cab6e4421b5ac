import {
  startSimulator,
  type ContactOptions,
  type ContactRecord,
  type ContactState,
  type SessionRecord,
  type SimulatorOptions,
} from '../../simulator.js';
import { holds, type Same } from './expect.js';

// The switches for what is not known of the platform.
export const switches: SimulatorOptions = {
  agentId: '1',
  canMask: false,
  maskDelayMs: 1,
  confirmMasks: true,
  oldSessionIds: 'refused',
  digitsToNobody: 'refused',
  secondPoller: 'copies',
};

// @ts-expect-error There is no such state.
export const gone: ContactOptions = { state: 'gone' };

export async function agents(): Promise<void> {
  const simulator = await startSimulator(switches);
  simulator.addSession('s', { agentId: '1', contactId: 'c' });
  const contactId = simulator.addContact('s', { state: 'incoming', isInbound: true });
  simulator.moveContact(contactId, 'wrap-up');
  const next = simulator.transferContact('c', { toSessionId: 's', asContactId: 'd' });
  const contacts = simulator.contacts('s');
  const sessions = simulator.sessions();
  const [change] = simulator.masks('c');
  holds<Same<typeof next, string>>();
  holds<Same<typeof contacts, ContactRecord[]>>();
  holds<Same<ContactRecord['state'], ContactState>>();
  holds<Same<typeof sessions, SessionRecord[]>>();
  holds<Same<NonNullable<typeof change>['requestSeq'], number | undefined>>();
  simulator.endSession('s', { elsewhere: true });
  // @ts-expect-error An option of another method.
  simulator.endSession('s', { agentId: '1' });
}
