'use strict';

// What is here takes its time, on a busy machine above all.
jest.setTimeout(600_000);
