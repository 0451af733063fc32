import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import type { JwtIssuer } from './props';
import type { Settings } from './settings';

export interface ApiProps extends Pick<Settings, 'jwt' | 'logRetention'> {
  readonly handler: LambdaFunction;
}

/** Requests a second, and at once, that the stage lets through: more is answered with 429. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/** The HTTP API. Which paths and methods there are is the handler's to say, so that all refusals look alike. */
export class Api extends Construct {
  readonly http: HttpApi;
  /** Without a slash at its end. */
  readonly url: string;

  constructor(scope: Construct, id: string, { handler, jwt, logRetention }: ApiProps) {
    super(scope, id);
    const integration = new HttpLambdaIntegration('Handler', handler);
    this.http = new HttpApi(this, 'Http', {
      description: 'Starts, follows and cancels runs of lex-pr',
      createDefaultStage: false,
      defaultIntegration: integration,
      defaultAuthorizer: authorizer(jwt),
    });
    // Who answers a callback has no account here: its body is signed.
    const [callbacks] = this.http.addRoutes({
      path: '/callbacks/{id}',
      methods: [HttpMethod.POST],
      integration,
      authorizer: new HttpNoneAuthorizer(),
    });
    acknowledge(
      callbacks!,
      'APIG4',
      'Callbacks are signed with a key of their own, which the handler checks.',
    );
    const logs = new LogGroup(this, 'Logs', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.http,
      stageName: '$default',
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    });
    this.url = this.http.apiEndpoint;
    new CfnOutput(this, 'Url', { value: this.url }).overrideLogicalId('ApiUrl');
  }
}

/** Who asked for what; never a header, a query or a body. */
const LOGGED = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  caller: '$context.identity.userArn',
  subject: '$context.authorizer.claims.sub',
  sourceIp: '$context.identity.sourceIp',
  ms: '$context.responseLatency',
  error: '$context.error.message',
};

const authorizer = (jwt: JwtIssuer | undefined): IHttpRouteAuthorizer =>
  jwt === undefined
    ? new HttpIamAuthorizer()
    : new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [...jwt.audience] });
