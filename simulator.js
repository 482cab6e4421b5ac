'use strict';

// Written out, so that Node.js finds the name when an ES module imports this file.
const { startSimulator } = require('./lib/simulator.js');

module.exports = { startSimulator };
