import { logicalId, type Resource, resourcesOf, synthesise } from './stack';

const { template, pyramid } = synthesise();
const jwt = synthesise(() => ({ jwt: { issuer: 'https://login.example/', audience: ['lex-pr', 'ci'] } }));
const routes = (of: typeof template) =>
  Object.fromEntries(
    resourcesOf(of, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [
      Properties.RouteKey,
      Properties.AuthorizationType,
    ]),
  );

describe('the API', () => {
  it('asks who it is, by IAM, for everything but callbacks, which are signed', () => {
    expect(routes(template)).toEqual({ $default: 'AWS_IAM', 'POST /callbacks/{id}': 'NONE' });
  });

  it('takes tokens of an issuer instead where there is one, for its audience', () => {
    expect(routes(jwt.template)).toEqual({ $default: 'JWT', 'POST /callbacks/{id}': 'NONE' });
    const [[, { Properties }]] = resourcesOf(jwt.template, 'AWS::ApiGatewayV2::Authorizer') as [
      [string, Resource],
    ];
    expect(Properties.JwtConfiguration).toEqual({
      Issuer: 'https://login.example/',
      Audience: ['lex-pr', 'ci'],
    });
  });

  it('is answered by its function alone', () => {
    const integrations = resourcesOf(template, 'AWS::ApiGatewayV2::Integration');
    expect(integrations.length).toBeGreaterThan(0);
    for (const [, { Properties }] of integrations)
      expect(Properties).toMatchObject({
        IntegrationUri: { 'Fn::GetAtt': [logicalId(pyramid.functions.api), 'Arn'] },
        PayloadFormatVersion: '2.0',
      });
  });

  it('lets only so many requests through, and logs each, without what it brought', () => {
    const [[, { Properties }]] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage') as [[string, Resource]];
    expect(Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
    const { Format } = Properties.AccessLogSettings;
    expect(JSON.parse(Format)).toMatchObject({ path: '$context.path', status: '$context.status' });
    expect(Format).not.toMatch(/header|querystring|body/i);
  });
});
