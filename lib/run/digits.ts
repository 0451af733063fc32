const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz', 'latin1');
const VALUES = new Uint8Array(256);
DIGITS.forEach((digit, value) => {
  VALUES[digit] = value;
});

/** One character a value; values are below 36. */
export function toDigits(values: Uint8Array): string {
  const bytes = Buffer.allocUnsafe(values.length);
  for (let k = 0; k < values.length; k++) bytes[k] = DIGITS[values[k]!]!;
  return bytes.toString('latin1');
}

/** The values of what `toDigits` has made. */
export function fromDigits(text: string): Uint8Array {
  const values = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) values[k] = VALUES[text.charCodeAt(k)]!;
  return values;
}
