import { describe, expect, it } from '@jest/globals';
import { crc32c, maskedCrc32c } from '../../src/base/index.js';
import { fc } from '../support/property.js';

describe('crc32c', () => {
  // The first four: RFC 3720, appendix B.4; the last: the check value of CRC-32/ISCSI in the catalogue of CRCs.
  it.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(255), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['the digits 1 to 9', Buffer.from('123456789'), 0xe3069283],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('equals the polynomial division bit by bit, for every length and place', () => {
    const bitByBit = (bytes: Uint8Array): number => {
      let crc = 0xffffffff;
      for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
      }
      return ~crc >>> 0;
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(7), (bytes, shift) => {
        expect(crc32c(bytes.subarray(shift))).toBe(bitByBit(bytes.subarray(shift)));
      }),
    );
  });

  it('is masked as LevelDB does: rotated right by 15 bits, plus a constant', () => {
    // 0xe3069283 rotated right by 15 is 0x2507c60d; plus 0xa282ead8 is 0xc78ab0e5.
    expect(maskedCrc32c(Buffer.from('123456789'))).toBe(0xc78ab0e5);
  });
});
