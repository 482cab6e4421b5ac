// `node --import` this file, and an import of vitest gets the shim.

import { register } from 'node:module';

const shim = new URL('./vitest-shim.mjs', import.meta.url).href;
const hooks = `export function resolve(name, context, next) {
  return name === 'vitest' ? { url: ${JSON.stringify(shim)}, shortCircuit: true } : next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
