import { describe, expect, it } from '@jest/globals';
import { UserError, type UserErrors } from '../../../src/base/index.js';
import { type Claim, claimSchema } from '../../../src/config/index.js';
import { check, jsonSchemaOf, parseYaml, shapeOf, toValue } from '../../../src/schema/index.js';
import { checkClaims } from '../../../src/sweeps/claims/index.js';

const shape = shapeOf(claimSchema);

/** What is wrong with a claim by itself. */
function ownMistakes(yaml: string): string[] {
  const tree = parseYaml(yaml, { file: 'sweep.yaml', folder: '.' })!;
  const problems = check(shape, tree).map(({ message }) => message);
  if (problems.length > 0) return problems;
  const parsed = claimSchema.safeParse(toValue(tree));
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
}

const start = 'id: one\nstatement: it is so\n';
const tested = `${start}metrics: [gauc]\n`;

describe('a claim by itself', () => {
  it.each([
    'type: order\nrows: [A, B]',
    'type: order\nabove: [A]\nbelow: [B, C]\ncontrol: { margin: 0.01 }\nalpha: 0.01\nplace: Table 2',
    'type: atLeast\nrow: A\nover: B\nby: 0.01\nunit: relative',
    'type: near\nrow: A\nreference: B\ntolerance: 0.01',
    'type: near\nrow: A\nvalue: 0.7\ntolerance: 0.01\nrequires: { data: [kuaishou, other] }',
    'type: best\nrow: A\namong: [A, B]',
    'type: best\naxis: model.layers\npoint: [1, 2]\nwhere: { model.factors: 32 }',
    'type: monotone\nrows: [A, B]\nover: [C, D]\ndirection: better',
    'type: monotone\naxis: model.layers\nwhere: { model.factors: 32 }\ndirection: worse',
    'type: insignificant\nrow: A\nover: [B]\nmargin: 0.01',
  ])('%j is one', (yaml) => {
    expect(ownMistakes(tested + yaml)).toEqual([]);
  });

  it('may be of what no test decides', () => {
    expect(ownMistakes(`${start}type: qualitative\nseenIn: the heat map`)).toEqual([]);
    expect(ownMistakes(`${start}type: qualitative`)[0]).toContain('seenIn is missing');
    expect(ownMistakes(`${tested}type: qualitative\nseenIn: it`)[0]).toContain('metrics belongs to order,');
  });

  it.each([
    ['type: order', 'type is order, which needs rows, or above and below'],
    ['type: order\nabove: [A]', 'type is order, which needs rows, or above and below'],
    ['type: order\nrows: [A, B]\nbelow: [C]', 'type is order, which needs rows, or above and below'],
    ['type: order\nrows: [A]', 'sweep.yaml:5:7: rows is [A]'],
    ['type: better\nrows: [A, B]', 'type is the text "better", which is unknown'],
    ['type: atLeast\nrow: A\nover: B\nby: 0', 'by is 0'],
    ['type: atLeast\nrow: A\nover: B\nby: 1\nunit: percent', 'unit is the text "percent"'],
    ['type: near\nrow: A\ntolerance: 0.1', 'row needs something to be near to'],
    [
      'type: near\nrow: A\nreference: B\nvalue: 1\ntolerance: 0.1\nrequires: { data: x }',
      'row needs something to be near to',
    ],
    [
      'type: near\nrow: A\nvalue: 0.7\ntolerance: 0.1',
      'value is 0.7, a number of some data, and the claim does not say of which',
    ],
    [
      'type: near\nrow: A\nreference: B\ntolerance: 0.1\ncontrol: { margin: 1 }',
      'control belongs to order, atLeast, best, monotone, not to near',
    ],
    ['type: best', 'type is best, which needs row or axis'],
    ['type: best\nrow: A\naxis: x\npoint: 1', 'type is best, which needs row or axis'],
    ['type: best\naxis: x', 'axis has no point'],
    ['type: best\nrow: A\nwhere: { x: 1 }', 'row stands beside point or where'],
    ['type: best\naxis: x\npoint: 1\namong: [A, B]', 'axis stands beside among'],
    ['type: monotone\ndirection: better', 'type is monotone, which needs rows or axis'],
    ['type: monotone\nrows: [A, B]', 'direction is missing'],
    ['type: monotone\nrows: [A, B]\nover: [C, D, E]\ndirection: better', 'over has 3 rows for 2 in rows'],
    ['type: monotone\naxis: x\nover: [C, D]\ndirection: better', 'over has 2 rows for no in rows'],
    ['type: monotone\nrows: [A, B]\nwhere: { x: 1 }\ndirection: better', 'where belongs to an axis'],
    ['type: order\nrows: [A, B]\nalpha: 0.5', 'alpha is 0.5'],
    ['type: order\nrows: [A, B]\ncontrol: { margin: 0 }', 'control.margin is 0'],
    ['type: order\nrows: [A, B]\nsignificance: 0.01', 'unknown key significance'],
  ])('%j is none', (yaml, message) => {
    expect(ownMistakes(tested + yaml).join('\n')).toContain(message);
  });

  it('has a JSON schema', () => {
    const schema = JSON.stringify(jsonSchemaOf(claimSchema, 'claim'));
    for (const type of ['order', 'atLeast', 'near', 'best', 'monotone', 'insignificant', 'qualitative']) {
      expect(schema).toContain(`"const":"${type}"`);
    }
  });
});

const plan = {
  axes: [
    { name: 'layers', values: [1, 2, 3] },
    { name: 'factors', values: [16, 32] },
  ],
  cells: [
    ...[1, 2, 3].flatMap((layers) =>
      [16, 32].flatMap((factors) =>
        // One combination is left out.
        layers === 3 && factors === 16
          ? []
          : [{ label: `${layers}x${factors}`, coordinates: { layers, factors } }],
      ),
    ),
    { label: 'NCF', coordinates: {} },
    { label: 'SCAA', coordinates: {} },
  ],
  metrics: ['gauc', 'catalogue/ndcg@10'],
  on: ['simulated', 'kuaishou'],
  mistake: ({
    path,
    problem,
    fix,
  }: {
    path: string | readonly (string | number)[];
    problem: string;
    fix: string;
  }) => new UserError(problem, fix, { file: [path].flat().join('.') }),
};

function mistakes(...claims: object[]): string[] {
  const all = claims.map(
    (claim, i): Claim => claimSchema.parse({ id: `c${i}`, statement: 'so', metrics: ['gauc'], ...claim }),
  );
  try {
    checkClaims(all, plan);
    return [];
  } catch (error) {
    return (error as UserErrors).all.map(({ message }) => message.replaceAll('\n', ''));
  }
}

describe('a claim in its sweep', () => {
  it('is fine where everything is there', () => {
    expect(
      mistakes(
        { type: 'order', rows: ['SCAA', 'NCF'], metrics: ['gauc', 'catalogue/ndcg@10'] },
        { type: 'near', row: 'SCAA', value: 0.7, tolerance: 0.1, requires: { data: 'kuaishou' } },
        { type: 'best', axis: 'layers', point: 2 },
        { type: 'best', axis: 'layers', point: 3, where: { factors: 32 } },
        { type: 'monotone', axis: 'factors', direction: 'better', where: { layers: 1 } },
        { type: 'insignificant', row: 'SCAA', over: ['NCF', '1x16'], margin: 0.1 },
        { type: 'atLeast', row: 'SCAA', over: 'NCF', by: 0.1 },
      ),
    ).toEqual([]);
  });

  it.each<[object, string]>([
    [
      { type: 'order', rows: ['SCAA', 'NFC'] },
      'claims.0.rows.1: the sweep has no row NFC  Did you mean NCF? Rows: 1x16',
    ],
    [{ type: 'order', above: ['SCAA'], below: ['SCAA'] }, 'claims.0.below.0: SCAA is in above, too'],
    [{ type: 'order', rows: ['SCAA', 'NCF', 'SCAA'] }, 'claims.0.rows.2: rows names SCAA twice'],
    [
      { type: 'order', rows: ['SCAA', 'NCF'], metrics: ['auc'] },
      'claims.0.metrics.0: the sweep has no metric auc  Did you mean gauc?',
    ],
    [
      { type: 'order', rows: ['SCAA', 'NCF'], metrics: ['gauc', 'gauc'] },
      'claims.0.metrics.1: metrics names gauc twice',
    ],
    [
      { type: 'order', rows: ['SCAA', 'NCF'], requires: { data: 'kwai' } },
      'claims.0.requires.data: the sweep has no data kwai',
    ],
    [
      { type: 'order', rows: ['SCAA', 'NCF'], requires: { data: ['simulated', 'x'] } },
      'claims.0.requires.data.1: the sweep has no data x',
    ],
    [{ type: 'atLeast', row: 'SCAA', over: 'SCAA', by: 1 }, 'claims.0.over: SCAA is held against itself'],
    [
      { type: 'near', row: 'SCAA', reference: 'SCAA', tolerance: 1 },
      'claims.0.reference: SCAA is held against itself',
    ],
    [{ type: 'near', row: 'SCA', reference: 'NCF', tolerance: 1 }, 'claims.0.row: the sweep has no row SCA'],
    [{ type: 'best', row: 'X' }, 'claims.0.row: the sweep has no row X'],
    [{ type: 'best', row: 'SCAA', among: ['SCAA', 'Y'] }, 'claims.0.among.1: the sweep has no row Y'],
    [
      { type: 'best', axis: 'layer', point: 2 },
      'claims.0.axis: the sweep has no axis layer  Did you mean layers?',
    ],
    [
      { type: 'best', axis: 'layers', point: 4 },
      'claims.0.point: the axis layers has no point 4  Points: 1, 2, 3.',
    ],
    [
      { type: 'best', axis: 'layers', point: 3 },
      'claims.0.point: none of 1x16, 2x16 is at 3  Narrow it down',
    ],
    [
      { type: 'monotone', axis: 'factors', direction: 'worse' },
      'claims.0.axis: 3x32 stands alone on the axis factors',
    ],
    [
      { type: 'monotone', axis: 'layers', direction: 'worse', where: { factors: 64 } },
      'claims.0.where.factors: the axis factors has no point 64',
    ],
    [
      { type: 'monotone', axis: 'layers', direction: 'worse', where: { layers: 1 } },
      'claims.0.where.layers: where fixes layers, the axis of the claim',
    ],
    [
      { type: 'monotone', axis: 'layers', direction: 'worse', where: { width: 1 } },
      'claims.0.where.width: the sweep has no axis width',
    ],
    [
      { type: 'monotone', rows: ['1x16', '2x16'], over: ['1x32', '9x32'], direction: 'worse' },
      'claims.0.over.1: the sweep has no row 9x32',
    ],
    [
      { type: 'insignificant', row: 'NCF', over: ['SCAA', 'NCF'], margin: 1 },
      'claims.0.over.1: NCF is held against itself',
    ],
  ])('%j is refused', (claim, message) => {
    const found = mistakes(claim);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('all mistakes are told at once, and names are unique', () => {
    const order = { type: 'order', rows: ['SCAA', 'NCF'], id: 'same' };
    expect(mistakes(order, { ...order, rows: ['X', 'Y'] }, order).map((text) => text.split(':')[0])).toEqual([
      'claims.1.id',
      'claims.1.rows.0',
      'claims.1.rows.1',
      'claims.2.id',
    ]);
  });

  it('a sweep with one row or no data of a name has no such claims', () => {
    const small = { ...plan, axes: [], cells: plan.cells.slice(0, 1), on: [] };
    const claims = [
      { type: 'best', row: '1x16', requires: { data: 'kuaishou' } },
      { type: 'monotone', axis: 'layers', direction: 'better' },
    ].map((claim, i) => claimSchema.parse({ id: `c${i}`, statement: 'so', metrics: ['gauc'], ...claim }));
    try {
      checkClaims(claims, small);
      expect('nothing').toBe('thrown');
    } catch (error) {
      expect((error as UserErrors).all.map(({ problem, fix }) => [problem, fix])).toEqual([
        ['the sweep has no data kuaishou', 'The sweep has none.'],
        ['the table has one row, which is best and worst', 'Add others.'],
        ['the sweep has no axis layers', 'The sweep has none.'],
      ]);
    }
  });
});
