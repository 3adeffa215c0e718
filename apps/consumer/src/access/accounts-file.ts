import { topicName } from '@hello/broadcasts';
import { z } from 'zod';
import { isPasswordHash } from './password.ts';
import { parseSecretJson } from './secret-file.ts';

export const userName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected 1 to 64 lower-case letters, digits, dots, underscores or hyphens');

const UserSchema = z.strictObject({
  name: userName,
  /** Its hash, in PHC's format. */
  password: z.string().refine(isPasswordHash, 'expected a hash made by `npm run users`'),
  topics: z.array(topicName),
});

const AccountsFileSchema = z
  .strictObject({ users: z.array(UserSchema) })
  .refine(({ users }) => new Set(users.map(({ name }) => name)).size === users.length, 'expected no name twice');

export type User = z.infer<typeof UserSchema>;

/** @throws with what is wrong where, and without any value, since some are secret. */
export function parseUsers(text: string): User[] {
  return parseSecretJson(AccountsFileSchema, text).users;
}

export function formatUsers(users: User[]): string {
  return `${JSON.stringify({ users }, undefined, 2)}\n`;
}
