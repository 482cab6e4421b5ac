'use strict';

// The pages tell what is: included files are the files, and the code of the pages runs.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Writable } = require('node:stream');

const cxoneDtmf = require('..');
const { startSimulator } = require('../simulator');
const docs = require('../scripts/docs.js');
const { params } = require('./support/bench');
const { newStage } = require('./support/simulated');

const stage = newStage();

const read = (name) => fs.readFileSync(path.join(docs.ROOT, name), 'utf8').replaceAll('\r\n', '\n');
const AsyncFunction = (async () => {}).constructor;

/** Runs code of a page as the body of an async function, in a scope of names. */
function run(code, scope) {
  // A block of its own, since the code declares names that the scope has as well.
  return new AsyncFunction(...Object.keys(scope), `{\n${code}\n}`)(...Object.values(scope));
}

test.each(docs.PAGES)(
  '%s holds its files and tables as they are (else run: node scripts/docs.js)',
  (name) => {
    const page = read(name);
    expect(docs.render(page)).toBe(page);
  },
);

test('lib/names.js has the names of the tables (else run: node scripts/docs.js)', () => {
  expect(read(docs.NAMES)).toBe(docs.renderNames());
});

describe('testing.md', () => {
  const page = read('docs/testing.md');

  test('holds every file of examples/testing', () => {
    const files = fs.readdirSync(path.join(docs.ROOT, 'examples', 'testing'));
    expect(docs.filesOf(page).sort()).toEqual(files.map((name) => `examples/testing/${name}`).sort());
  });

  test('has a first example that runs', async () => {
    const [, code] = /```js\n([\s\S]*?)```/.exec(page);
    const load = (name) => (name === 'cxone-dtmf' ? cxoneDtmf : { startSimulator });
    await run(code, { require: load, assert });
  });

  test('has an example of contacts that move', async () => {
    const blocks = Array.from(page.matchAll(/```js\n([\s\S]*?)```/g), ([, js]) => js);
    const [code] = blocks.filter((js) => js.includes('requireContact: true'));
    await run(code, { ...cxoneDtmf, startSimulator: stage.simulator, assert });
  });

  test('names every option and every field of a step', () => {
    const types = read('simulator.d.ts');
    for (const name of ['SimulatorOptions', 'CommonStep', 'Step', 'TokenStep', 'Simulator']) {
      const [, body] = new RegExp(`interface ${name} [^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(types);
      for (const [, field] of body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)) {
        expect(page).toMatch(new RegExp(`\`[^\`]*\\b${field}\\b[^\`]*\``));
      }
    }
  });
});

describe('migration.md', () => {
  const page = read('docs/migration.md');
  const sections = page.split(/^## (?=\d)/m).slice(1);

  /** What comes before the code of a section, and what holds after it. */
  const around = {
    1: { after: ({ out }) => expect(out).toEqual([[true, expect.anything(), 'success']]) },
    2: {
      after: ({ out }) => expect(out).toEqual([[expect.stringMatching(/^apiUrl must use https: plain/)]]),
    },
    4: { pressed: ['1', '3#'] },
    5: { before: (simulator) => simulator.script([{ status: 500 }, { status: 503 }]), pressed: ['1234#'] },
    6: {
      before: (simulator) => simulator.script([{ cut: 'after-execute' }]),
      after: ({ out }) => expect(out).toEqual([[expect.stringMatching(/^look at the call/)]]),
      pressed: ['1234#'],
    },
    7: {
      before: (simulator) => simulator.script([{ status: 429, headers: { 'Retry-After': 3600 } }]),
      after: ({ out }) => expect(out).toEqual([['come back in 3600000 ms']]),
      pressed: [],
    },
    8: {
      before: (simulator) => simulator.endCall('call-1'),
      after: ({ out }) => expect(out).toEqual([['the call has ended']]),
    },
    9: { before: (simulator) => simulator.script([{ status: 500 }]), pressed: ['1234#'] },
    10: { after: ({ out }) => expect(out).toEqual([['*****'], ['1234#']]), pressed: ['1234#', '1234#'] },
    11: { after: ({ out }) => expect(out).toEqual([['accepted', 1, 'acceptance']]) },
    12: {
      after: ({ lines }) => {
        expect(lines.map((line) => JSON.parse(line).message)).toContain('DTMF injection completed');
        expect(lines.join()).not.toContain('1234#');
      },
    },
    13: {
      after: ({ out }) => {
        expect(out).toEqual([
          ['ERR_DTMF_INVALID', expect.stringMatching(/^Invalid DTMF character at position 3 /)],
          [4, false],
        ]);
      },
    },
    14: {
      after: async ({ process, injector }) => {
        await process.handlers.SIGTERM();
        await expect(injector.injectDTMF(params())).rejects.toMatchObject({ code: 'ERR_DTMF_CLOSED' });
      },
    },
  };

  test('has a row in its table for each section', () => {
    const rows = Array.from(page.matchAll(/^\| \[[^\]]+\]\(#([^)]+)\)/gm), ([, anchor]) => anchor);
    const anchors = sections.map((section) =>
      section.split('\n')[0].toLowerCase().replaceAll('.', '').replaceAll(',', '').replaceAll(' ', '-'),
    );
    expect(rows).toEqual(anchors);
  });

  test.each(sections.map((section) => [section.split('\n')[0], section]))('%s', async (title, section) => {
    const code = Array.from(section.split('**After**')[1].matchAll(/```js\n([\s\S]*?)```/g), ([, js]) => js);
    expect(section).toContain('**Before**');
    expect(code.length).toBeGreaterThan(0);

    const simulator = await stage.simulator();
    const { apiUrl, ...credentials } = simulator.credentials;
    const out = [];
    const lines = [];
    // winston's transport writes here instead of to the output of the tests.
    const sink = new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) });
    const winston = require('winston');
    const fakeWinston = {
      ...winston,
      createLogger: winston.createLogger,
      transports: {
        Console: class extends winston.transports.Stream {
          constructor() {
            super({ stream: sink });
          }
        },
      },
    };
    const env = { CXONE_AUTH_URL: apiUrl, CXONE_API_URL: apiUrl };
    const handlers = {};
    const scope = {
      ...cxoneDtmf,
      startSimulator,
      assert,
      simulator,
      apiUrl,
      injector: stage.injector(simulator),
      authClient: new cxoneDtmf.CXoneAuthClient({ ...credentials, logger: false }),
      params: params({ dtmfString: '1234#' }),
      readTokenFromVault: async () => 'a-token',
      console: { log: (...args) => out.push(args) },
      process: {
        env: { ...env, CXONE_CLIENT_ID: credentials.clientId, CXONE_CLIENT_SECRET: credentials.clientSecret },
        once: (name, handler) => (handlers[name] = handler),
        handlers,
      },
      require: (name) => (name === 'winston' ? fakeWinston : cxoneDtmf),
    };
    const { before, after, pressed } = around[parseInt(title, 10)] ?? {};
    before?.(simulator);
    // The default log lines are no part of what the page shows.
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      for (const js of code) await run(js, scope);
    } finally {
      write.mockRestore();
    }
    await after?.({ ...scope, out, lines });
    if (pressed) expect(simulator.digits('call-1')).toEqual(pressed);
  });
});
