import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { reportFailure } from '../../lib/cli/failure';
import { problemsAsJson, problemsAsText } from '../../lib/cli/problems';
import type { Style } from '../../lib/cli/style';
import type { Problem } from '../../lib/errors';

const full: Problem = {
  code: 'unknown-dependency',
  message: 'unknown dependency "a"',
  file: 'plan.yaml',
  path: 'items[2].deps[0]',
  line: 12,
  column: 7,
  hint: 'did you mean "b"?',
};

const anyText = fc.string({ unit: 'binary' });
const problems = fc.array(
  fc.record(
    {
      code: anyText,
      message: anyText,
      file: anyText,
      path: anyText,
      line: fc.nat(),
      column: fc.nat(),
      hint: anyText,
    },
    { requiredKeys: ['code', 'message'] },
  ),
);

describe('a name of 100,000 characters', () => {
  it('is not shown to people in full, but in JSON', () => {
    const name = `${'x'.repeat(99_999)}é`;
    const problem = { code: 'unknown-dependency', message: `no item is named ${name}`, path: `a.${name}` };
    const [line = ''] = problemsAsText([problem]).split('\n');
    expect(line).toMatch(/^a\.x+ … x+é: no item is named x+ … x+é$/);
    expect(line.length).toBeLessThan(1500);
    expect(JSON.parse(problemsAsJson([problem])).errors[0]).toMatchObject(problem);
  });
});

describe('a fault of the machine', () => {
  it.each([
    ['ENOSPC', 'make room, then try again'],
    ['EBUSY', 'unmount it'],
  ])('%s says what to do', (code, hint) => {
    const stderr = new PassThrough();
    const error = Object.assign(new Error(`${code}: rmdir 'x'`), { code });
    expect(reportFailure(error, false, { stderr, env: {} } as never)).toBe(3);
    expect(String(stderr.read())).toContain(hint);
  });
});

describe('problemsAsText', () => {
  it('says where, what, and on a line of its own what to do', () => {
    expect(problemsAsText([full])).toBe(
      'plan.yaml:12:7 items[2].deps[0]: unknown dependency "a"\n    did you mean "b"?\n',
    );
  });

  it('leaves out what is not known', () => {
    expect(problemsAsText([{ code: 'x', message: 'no' }])).toBe('no\n');
    expect(problemsAsText([{ code: 'x', message: 'no', path: 'target' }])).toBe('target: no\n');
    expect(problemsAsText([{ code: 'x', message: 'no', file: 'p.json', line: 3 }])).toBe('p.json:3: no\n');
  });

  it('indents every line of a hint, and lists all problems', () => {
    expect(problemsAsText([{ code: 'x', message: 'a', hint: 'one\ntwo' }, full])).toMatch(
      /^a\n {4}one\n {4}two\nplan\.yaml:12:7 /,
    );
  });

  it('lists twenty of many, and says how many more there are', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => ({ code: 'x', message: `no ${at}` }));
    const lines = problemsAsText(many).split('\n');
    expect(lines.slice(0, 20)).toEqual(many.slice(0, 20).map(({ message }) => message));
    expect(lines.slice(20)).toEqual(['… and 99980 more problems, with --json all of them', '']);
    expect(problemsAsText(many.slice(0, 20))).not.toContain('more');
    expect(problemsAsText(many.slice(0, 21))).toContain('… and 1 more problem, ');
  });

  it('lets no control character through', () => {
    fc.assert(
      fc.property(problems, (given) => {
        expect(problemsAsText(given)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
      }),
    );
  });

  it('colours through the style it is given', () => {
    const marked = new Proxy({} as Style, {
      get: (_, colour) => (t: string) => `<${String(colour)}>${t}</>`,
    });
    expect(problemsAsText([full], marked)).toContain('<red>unknown dependency "a"</>');
  });
});

describe('problemsAsJson', () => {
  it('has every key for every problem, null where it does not apply', () => {
    expect(JSON.parse(problemsAsJson([full, { code: 'fault', message: 'no' }]))).toEqual({
      errors: [
        full,
        { code: 'fault', message: 'no', file: null, path: null, line: null, column: null, hint: null },
      ],
    });
  });

  it('holds ten thousand of more, and says last how many are left out', () => {
    const many = Array.from({ length: 10_005 }, (_, at) => ({ code: 'x', message: `no ${at}` }));
    const { errors } = JSON.parse(problemsAsJson(many));
    expect(errors).toHaveLength(10_001);
    expect(errors[9_999].message).toBe('no 9999');
    expect(errors[10_000]).toMatchObject({ code: 'more-problems', message: 'there are 5 more problems' });
    expect(JSON.parse(problemsAsJson(many.slice(0, 10_000))).errors).toHaveLength(10_000);
  });

  it('is one line that a terminal can show, and means what was given', () => {
    fc.assert(
      fc.property(problems, (given) => {
        const json = problemsAsJson(given);
        expect(json).toMatch(/^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]*\n$/);
        expect(JSON.parse(json).errors.map((e: Problem) => e.message)).toEqual(given.map((p) => p.message));
      }),
    );
  });
});
