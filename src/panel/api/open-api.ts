import { z } from 'zod';
import { pathOf, tokenHeader } from './api-routes.ts';
import { isGet, type Operation } from './operation.ts';

/** The OpenAPI 3.1 document of the operations, made from the schemas that they are checked with. */
export function openApi(operations: Readonly<Record<string, Operation>>, version: string): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Caselli', version, description: 'What the web panel of a Caselli box can be asked.' },
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'caselli' },
        token: { type: 'apiKey', in: 'header', name: tokenHeader },
      },
      schemas: {
        Failure: {
          type: 'object',
          properties: { error: { type: 'string', description: 'What is wrong, in a sentence.' } },
          required: ['error'],
        },
      },
    },
    paths: Object.fromEntries(Object.entries(operations).map(([name, one]) => [pathOf(name), pathItem(name, one)])),
  };
}

function pathItem(operationId: string, operation: Operation): object {
  const { role, summary, output, file } = operation;
  const answer = file
    ? { [file.type]: { schema: { type: 'string', format: 'binary' } } }
    : { 'application/json': { schema: schemaOf(output, 'output') } };
  return {
    [isGet(operation) ? 'get' : 'post']: {
      operationId,
      summary,
      'x-role': role,
      security: [isGet(operation) ? { session: [] } : { session: [], token: [] }],
      ...requestOf(operation),
      responses: {
        200: { description: 'Done.', content: answer },
        default: {
          description: 'Not done.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
        },
      },
    },
  };
}

function requestOf({ kind, input }: Operation): object {
  const schema = schemaOf(input, 'input');
  if (kind === 'change' || kind === 'download')
    return { requestBody: { required: true, content: { 'application/json': { schema } } } };
  const { properties = {}, required = [] } = schema;
  const parameters = Object.entries(properties).map(([name, of]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: of,
  }));
  if (kind !== 'upload') return { parameters };
  const content = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
  return { parameters, requestBody: { required: true, content } };
}

function schemaOf(type: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' });
  return schema;
}
