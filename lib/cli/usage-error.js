'use strict';

/** The command line or a setting is wrong. Its texts never repeat an argument: it may be digits or a secret. */
class UsageError extends Error {
  /**
   * @param {string} message
   * @param {string} [hint] what to do next
   */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

module.exports = { UsageError };
