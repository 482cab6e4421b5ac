/** The ES module has the same named exports as the CommonJS one; `index.d.ts` documents them. */
export * from './index.js';
