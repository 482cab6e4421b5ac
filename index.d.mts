/** The ES module has the same exports as the CommonJS one, and all of them as its default; `index.d.ts` documents them. */
export * from './index.js';

import * as cxoneDtmf from './index.js';
export default cxoneDtmf;
