// `await using`, for compilers that know it.

import type { ChannelLock, DtmfInjector } from 'cxone-dtmf';
import { startSimulator } from 'cxone-dtmf/simulator';

export async function use(injector: DtmfInjector): Promise<ChannelLock> {
  await using simulator = await startSimulator();
  await using lock = await injector.acquireChannelLock(simulator.url);
  await using closing = injector;
  const disposables: AsyncDisposable[] = [simulator, lock, closing];
  return disposables.length > 0 ? lock : await closing.acquireChannelLock('call-1');
}
