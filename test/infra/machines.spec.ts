import validate from 'asl-validator';
import { deployedDefinition, resourcesOf, synthesise } from './stack';

const { template, pyramid, resource } = synthesise();
const machines = {
  lane: resource(pyramid.machines.lane),
  run: resource(pyramid.machines.run),
};

/** What is wrong with a definition. The validator takes a state that is called `Next` for a field. */
const problems = (definition: object): string => {
  const renamed = JSON.stringify(definition)
    .replaceAll('"Next":"Next"', '"Next":"Ask"')
    .replaceAll('"Next":{', '"Ask":{');
  const { isValid, errorsText } = validate(JSON.parse(renamed));
  return isValid ? '' : errorsText();
};

describe.each(['lane', 'run'] as const)('the state machine of a %s', (name) => {
  const { Properties } = machines[name];

  it('is this one: a change of it is seen', () => {
    expect(JSON.parse(Properties.DefinitionString)).toMatchSnapshot();
  });

  it('is correct as it is deployed, every placeholder filled in', () => {
    const definition = deployedDefinition(machines[name]);
    expect(JSON.stringify(definition)).not.toContain('${');
    expect(problems(definition)).toBe('');
  });

  it('is filled in with what it names and nothing else', () => {
    const named = new Set(
      [...Properties.DefinitionString.matchAll(/\$\{(\w+)\}/g)].map(([, placeholder]) => placeholder),
    );
    expect([...named].sort()).toEqual(Object.keys(Properties.DefinitionSubstitutions).sort());
  });

  it('is a Standard one, traced, with a log of its own that shows no task token', () => {
    const { StateMachineType, TracingConfiguration, LoggingConfiguration } = Properties;
    expect(StateMachineType).toBe('STANDARD');
    expect(TracingConfiguration).toEqual({ Enabled: true });
    const { Level, IncludeExecutionData, Destinations } = LoggingConfiguration;
    expect([Level, IncludeExecutionData]).toEqual(['ALL', false]);
    const [group] = Destinations[0].CloudWatchLogsLogGroup.LogGroupArn['Fn::GetAtt'];
    expect(template.Resources[group]!.Properties.LogGroupName).toMatch(/^\/aws\/vendedlogs\/states\/LexPr-/);
  });

  it('is smaller than AWS takes', () => {
    expect(Buffer.byteLength(Properties.DefinitionString)).toBeLessThan(1_000_000);
  });
});

it('there are no other state machines', () => {
  expect(resourcesOf(template, 'AWS::StepFunctions::StateMachine')).toHaveLength(2);
});

describe('the validator', () => {
  const definition = deployedDefinition(machines.lane);
  const { Gate, Sleep, ...others } = definition.States;

  it('finds a way to a state that is not there', () => {
    expect(problems({ ...definition, States: { ...others, Sleep } })).toContain('Gate');
  });

  it('finds JSONPath in a machine of JSONata', () => {
    const States = { ...others, Gate, Sleep: { ...Sleep, Timestamp: undefined, TimestampPath: '$.until' } };
    expect(problems({ ...definition, States })).not.toBe('');
  });
});
