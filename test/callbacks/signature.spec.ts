import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { isSignature, signatureOf } from '../../lib/callbacks/signature';

const signed = fc.record({
  timestamp: fc.nat().map(String),
  id: fc.stringMatching(/^[A-Za-z0-9._-]{1,80}$/),
  body: fc.string({ unit: 'grapheme' }),
});
const key = fc.stringMatching(/^[0-9a-f]{64}$/);

describe('the signature of an answer', () => {
  it('is what openssl makes of the same text', () => {
    const parts = {
      timestamp: '1700000000',
      id: 'run.0-1-1.0123456789abcdef',
      body: '{"status":"pass","log":"ü"}',
    };
    const text = execFileSync('openssl', ['dgst', '-sha256', '-hmac', 'key', '-hex'], {
      input: `${parts.timestamp}.${parts.id}.${parts.body}`,
      encoding: 'utf8',
    });
    expect(signatureOf('key', parts)).toBe(`sha256=${text.trim().split(' ').at(-1)}`);
  });

  it('is taken with the key and the parts that it was made of', () => {
    fc.assert(
      fc.property(key, signed, (key, parts) => {
        expect(isSignature(signatureOf(key, parts), key, parts)).toBe(true);
      }),
    );
  });

  it('is not taken with any other key or part', () => {
    const change = fc.constantFrom('timestamp', 'id', 'body', 'key');
    fc.assert(
      fc.property(key, signed, change, fc.string({ minLength: 1 }), (key, parts, what, more) => {
        const made = signatureOf(key, parts);
        const other = { key, ...parts };
        other[what] += more;
        expect(isSignature(made, other.key, other)).toBe(false);
      }),
    );
  });

  it('is not taken in any other form', () => {
    fc.assert(
      fc.property(key, signed, fc.string(), (key, parts, text) => {
        const right = signatureOf(key, parts);
        for (const given of [text, right.toUpperCase(), right.slice(7), `${right}0`, `${text}${right}`])
          if (given !== right) expect(isSignature(given, key, parts)).toBe(false);
      }),
    );
  });
});
