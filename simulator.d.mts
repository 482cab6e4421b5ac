export * from './simulator.js';

import { startSimulator } from './simulator.js';

declare const simulator: { startSimulator: typeof startSimulator };
export default simulator;
