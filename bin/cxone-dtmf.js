#!/usr/bin/env node
'use strict';

const { main } = require('../lib/cli/main.js');

main(process).then((code) => {
  // Not process.exit(): what was written to a pipe would be cut off on some platforms.
  process.exitCode = code;
});
