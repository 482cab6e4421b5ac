'use strict';

// `npm run audit:kill`: kills processes while they write the audit log, and looks whether anything that was
// acknowledged is lost.
//
//   node scripts/audit-kill.js [--kills n]
//
// Default: 1,000 kills, 50 of which are also part of `npm test`.

const path = require('node:path');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const TEST = [
  'test',
  '--locked',
  '-p',
  'cxone-dtmf-engine',
  '--test',
  'audit',
  '--',
  '--nocapture',
  'kill::',
];

const { kills } = parseArgs({ options: { kills: { type: 'string', default: '1000' } } }).values;
if (!/^[1-9]\d{0,6}$/.test(kills)) {
  process.stderr.write('--kills must be a whole number from 1 to 9999999\n');
  process.exitCode = 2;
} else {
  const env = { ...process.env, AUDIT_KILLS: kills };
  process.exitCode = spawnSync('cargo', TEST, { cwd: root, env, stdio: 'inherit' }).status ?? 1;
}
