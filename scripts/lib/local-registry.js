'use strict';

// A package registry on 127.0.0.1 that holds tarballs from a folder: npm installs them as it will install
// the published ones, with nothing from outside.

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const tarball = require('./tarball.js');

/** @typedef {import('./manifests.js').Manifest} Manifest */

class LocalRegistry {
  /** @type {Map<string, Manifest>} */
  #manifests = new Map();
  /** @type {Map<string, string>} */
  #files = new Map();
  #server = http.createServer((request, response) => this.#answer(request, response));
  /** The names of the tarballs that were asked for, in order. */
  fetched = /** @type {string[]} */ ([]);
  url = '';

  /**
   * @param {string} folder with the tarballs
   * @param {Manifest[]} announced packages that the registry knows but has no tarball of: those of platforms
   *   that were not built here
   */
  static async open(folder, announced = []) {
    const registry = new LocalRegistry();
    registry.#server.listen(0, '127.0.0.1');
    await new Promise((resolve, reject) => registry.#server.once('listening', resolve).once('error', reject));
    const { port } = /** @type {import('node:net').AddressInfo} */ (registry.#server.address());
    registry.url = `http://127.0.0.1:${port}`;
    for (const manifest of announced) registry.#put(manifest, `${path.basename(manifest.name)}.tgz`);
    for (const name of fs.readdirSync(folder).filter((entry) => entry.endsWith('.tgz'))) {
      const file = path.join(folder, name);
      registry.#files.set(name, file);
      const hash = crypto.createHash('sha512').update(fs.readFileSync(file)).digest('base64');
      registry.#put(tarball.manifest(file), name, `sha512-${hash}`);
    }
    return registry;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  /**
   * @param {Manifest} manifest
   * @param {string} file
   * @param {string} [integrity]
   */
  #put(manifest, file, integrity) {
    const dist = { tarball: `${this.url}/-/${file}`, integrity };
    this.#manifests.set(manifest.name, { ...manifest, dist });
  }

  /**
   * @param {http.IncomingMessage} request
   * @param {http.ServerResponse} response
   */
  #answer(request, response) {
    const name = decodeURIComponent(new URL(request.url ?? '/', this.url).pathname.slice(1));
    const manifest = this.#manifests.get(name);
    if (manifest) {
      const { version } = manifest;
      response.setHeader('content-type', 'application/json');
      const tags = { latest: version };
      response.end(JSON.stringify({ name, 'dist-tags': tags, versions: { [version]: manifest } }));
      return;
    }
    const wanted = /^-\/([^/]+)$/.exec(name)?.[1];
    if (wanted) this.fetched.push(wanted);
    const file = wanted && this.#files.get(wanted);
    if (file) response.end(fs.readFileSync(file));
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
  }
}

module.exports = { LocalRegistry };
