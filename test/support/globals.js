/** What `@jest/globals` is in tests, see `typescript.js`. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } = globalThis;
