'use strict';

// Loads the module of its argument and prints how long that took, in milliseconds.

const started = performance.now();
require(process.argv[2]);
process.stdout.write(JSON.stringify({ loadMs: performance.now() - started }));
