const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A little-endian integer in two's complement of any width. Beyond 2^53 the result is not exact, but also beyond. */
export function longInteger(view: DataView, from: number, to: number): number {
  const bytes = to - from;
  if (bytes === 0) return 0;
  if (bytes > 8) return Number.POSITIVE_INFINITY; // Python writes no more bytes than a number needs
  let value = view.getInt8(to - 1);
  for (let at = to - 2; at >= from; at--) value = value * 256 + view.getUint8(at);
  return value;
}

/** A line of INT, GET or PUT, or of LONG without its L. Python would take a leading 0 for octal, and writes none. */
export function decimal(line: string): number | undefined {
  return /^-?(0|[1-9]\d*)$/.test(line) ? Number(line) : undefined;
}

/** A line of FLOAT. */
export function float(line: string): number | undefined {
  if (/^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(line)) return Number(line);
  const named = /^(-?)(inf|nan)$/.exec(line);
  if (!named) return undefined;
  return named[2] === 'nan' ? Number.NaN : Number(`${named[1]}Infinity`);
}

/** A line of UNICODE: Latin-1 with \uXXXX and \UXXXXXXXX. Undefined where such an escape is not whole. */
export function unescapeUnicode(line: string): string | undefined {
  let whole = true;
  const text = line.replace(/\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.|$)/gs, (found, sign: string) => {
    if (sign.length < 2) {
      whole &&= !/u/i.test(sign);
      return found;
    }
    const point = Number.parseInt(sign.slice(1), 16);
    whole &&= point <= 0x10ffff;
    return whole ? String.fromCodePoint(point) : '';
  });
  return whole ? text : undefined;
}

/** Undefined for bytes that are no UTF-8. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}
