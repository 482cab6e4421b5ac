'use strict';

const js = require('@eslint/js');
const globals = require('globals');

const timers = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
];

module.exports = [
  { ignores: ['target/', 'dist/', 'coverage/'] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, globals: globals.node },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['**/*.js', '**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  { files: ['**/*.mjs'], languageOptions: { sourceType: 'module' } },
  {
    // What users load: it prints nothing, and takes its timers from node:timers when it is loaded,
    // since Jest's fake timers replace the globals.
    files: ['lib/**/*.js', '{index,simulator}.{js,mjs}'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        ...timers.map((name) => ({ name, message: 'Take it from node:timers.' })),
      ],
    },
  },
  {
    // What serves both lives in scripts/lib.
    files: ['bin/**', 'lib/**', 'scripts/**', '*.js'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.name='require'] > Literal[value=/__test__/]",
          message: 'Tests import scripts, never the other way round.',
        },
      ],
    },
  },
  {
    files: ['__test__/**/*.{js,mjs}', 'examples/testing/jest.test.js'],
    languageOptions: { globals: globals.jest },
  },
];
