import fc from 'fast-check';
import { candidatesIn, namesIn } from '../../lib/discover/trailer-names';

const known =
  (...names: string[]) =>
  (name: string) =>
    names.includes(name);

describe('the names in a word of a trailer', () => {
  it.each([
    ['a', [], ['a']],
    ['a,b', ['a,b', 'a', 'b'], ['a,b']],
    ['a,b,c', ['a,b', 'c'], ['a,b', 'c']],
    ['a,b,c', ['a', 'b,c'], ['a', 'b,c']],
    [',a,,', ['a'], ['a']],
    [',a', [',a', 'a'], [',a']],
    ['a,x', ['a'], ['a', 'x']],
    ['x,y', [], ['x,y']],
    [',,', [], []],
  ])('%j, where there are %j, are %j', (word, names, expected) => {
    expect(namesIn(word, known(...names))).toEqual(expected);
  });

  it('are among the candidates, whatever is known', () => {
    const word = fc
      .array(fc.constantFrom('a', 'b', 'cd', ''), { minLength: 1, maxLength: 7 })
      .map((of) => of.join(','))
      .filter((text) => text !== '');
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 4 }), (given, names) => {
        const candidates = candidatesIn(given);
        for (const name of namesIn(given, known(...names))) expect(candidates).toContain(name);
      }),
    );
  });
});
