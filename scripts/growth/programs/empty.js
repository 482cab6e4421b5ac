'use strict';

// What `require` takes at least: a module of which nothing is loaded.
