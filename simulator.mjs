import simulator from './simulator.js';

export const { startSimulator } = simulator;
export default simulator;
