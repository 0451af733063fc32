import { Document, isMap, isSeq, type Node, Scalar } from 'yaml';
import type { PlanDraft } from './document';

/** A plan as YAML. */
export function planYaml(plan: PlanDraft): string {
  return render(new Document(plan));
}

/** A plan as YAML with a comment on each field that one would change first. */
export function commentedYaml({ gates = [], policy, items, ...head }: PlanDraft): string {
  // Defaults are said where there is a comment on them.
  const document = new Document({ ...head, gates, policy: { mergeStrategy: 'merge', ...policy }, items });
  document.commentBefore = HEADING;
  comment(document.contents, COMMENTS);
  const written = document.get('policy');
  if (isMap(written)) comment(written, POLICY_COMMENTS);
  return render(document);
}

const HEADING = `\
 Branches to merge, and what has to pass before.
   lex-pr merge plan.yaml              tries it out: no ref moves
   lex-pr merge plan.yaml --execute    lands what passes
 All fields: lex-pr schema`;

const COMMENTS: Readonly<Record<string, string>> = {
  target: ' The branch that everything is merged into.',
  gates: `\

 Shell commands that have to pass for each item, in a clean checkout of the target merged with the item and all
 that it depends on. An item may have gates: of its own instead. A gate looks like this:
   - name: test
     run: npm ci && npm test
     timeoutSeconds: 600`,
  policy: '\n How items are checked and merged.',
  items: `\

 What to merge, each under the name of its branch. An item merges after its deps; if one of them fails, it is
 blocked, and the others go on.`,
};

const POLICY_COMMENTS: Readonly<Record<string, string>> = {
  mergeStrategy: `\
 How many gates run at once; the default is the number of processor cores:
   maxWorkers: 4
 What an item becomes: merge (a merge commit), squash (one commit) or rebase (its commits).`,
  ungated: ' Lets items merge that nothing checks: remove it once there are gates.',
};

/** Puts comments, by key, above the entries of a mapping; an empty first line is one in the document. */
function comment(node: Node | null, comments: Readonly<Record<string, string>>): void {
  if (!isMap(node)) return;
  for (const { key } of node.items) {
    if (!(key instanceof Scalar)) continue;
    const text = comments[String(key.value)];
    if (text === undefined) continue;
    key.spaceBefore = text.startsWith('\n');
    key.commentBefore = text.replace(/^\n/, '');
  }
}

/** Dependencies stand on the line of their item; no line is folded, however long it is. */
function render(document: Document): string {
  const items = document.get('items');
  for (const item of isSeq(items) ? items.items : []) {
    const deps = isMap(item) ? item.get('deps') : undefined;
    if (isSeq(deps)) deps.flow = true;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
