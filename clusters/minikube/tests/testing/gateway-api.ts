import schemas from './gateway-api.json' with { type: 'json' };
import { z } from 'zod';
import type { Manifest } from './render.ts';

/**
 * Why a route would be refused, or nothing where it would be taken. As the CustomResourceDefinitions of Gateway API
 * 1.6.3 have it (standard channel, v1, Apache License 2.0), without their rules in CEL: gateway-api.json has
 * what is in them, but for descriptions.
 */
export function problems(route: Manifest): string[] {
  const schema = z.fromJSONSchema(strict(schemas[route.kind as keyof typeof schemas]) as z.core.JSONSchema.JSONSchema);
  const { error } = schema.safeParse(route);
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}

/** A schema that refuses what it does not know, as kubectl does. */
function strict(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(strict);
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  return inside['type'] === 'object' && 'properties' in inside ? { ...inside, additionalProperties: false } : inside;
}
