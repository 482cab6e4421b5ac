'use strict';

/**
 * The ways to get a token, and which settings belong to each. The names are those of the library.
 */

const { UsageError } = require('./usage-error.js');

/**
 * @typedef {object} Grant
 * @property {readonly string[]} required
 * @property {readonly string[]} optional
 * @property {string} what is accepted when a token is granted
 */

/** @type {Readonly<Record<string, Grant>>} */
const GRANTS = Object.freeze({
  client_credentials: {
    required: ['clientId', 'clientSecret'],
    optional: ['clientAuthentication', 'scope'],
    what: 'client id and secret are',
  },
  password: {
    required: ['accessKeyId', 'accessKeySecret', 'clientId', 'clientSecret'],
    optional: ['clientAuthentication', 'scope'],
    what: 'access key, client id and secret are',
  },
  'access-key': { required: ['accessKeyId', 'accessKeySecret'], optional: [], what: 'the access key is' },
});

/** Every field that only some grants have. */
const OF_GRANTS = [
  ...new Set(Object.values(GRANTS).flatMap(({ required, optional }) => [...required, ...optional])),
];

/**
 * The name of the grant. That of the tutorial, when nothing says otherwise.
 * @param {string | undefined} name
 */
function chooseGrant(name = 'client_credentials') {
  if (Object.hasOwn(GRANTS, name)) return name;
  throw new UsageError(
    'grant must be client_credentials, password or access-key',
    'Set CXONE_GRANT or --grant to one of them.',
  );
}

/**
 * Fields that belong to other grants alone.
 * @param {string} name
 */
function foreignTo(name) {
  const { required, optional } = GRANTS[name];
  return OF_GRANTS.filter((field) => !required.includes(field) && !optional.includes(field));
}

module.exports = { GRANTS, chooseGrant, foreignTo };
