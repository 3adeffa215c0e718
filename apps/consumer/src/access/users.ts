import { topicName } from '@hello/broadcasts';
import { type User, userName } from './accounts-file.ts';
import { hashPassword } from './password.ts';

/** A wrong wish, with what is wrong in words for whoever made it. */
export class UsersError extends Error {
  override readonly name = 'UsersError';
}

const SHORTEST = 12;
const LONGEST = 1024;

/** A new user. @throws {UsersError} when there is one of that name, or the password is too easy. */
export async function addUser(users: User[], name: string, password: string, topics: string[]): Promise<User[]> {
  const { success, error } = userName.safeParse(name);
  if (!success) throw new UsersError(`${JSON.stringify(name)} is no name for a user: ${error.issues[0]!.message}`);
  if (users.some((user) => user.name === name)) throw new UsersError(`there is a user ${name} already`);
  const user = { name, password: await hash(password), topics: checkTopics(topics) };
  return [...users, user].sort((a, b) => a.name.localeCompare(b.name));
}

export function removeUser(users: User[], name: string): User[] {
  find(users, name);
  return users.filter((user) => user.name !== name);
}

/** Lets a user see more topics. */
export function grantTopics(users: User[], name: string, topics: string[]): User[] {
  if (topics.length === 0) throw new UsersError(`which topic may ${name} see?`);
  const granted = new Set([...find(users, name).topics, ...checkTopics(topics)]);
  return change(users, name, { topics: [...granted].sort() });
}

/** Takes topics from a user, all of them if none is named. */
export function revokeTopics(users: User[], name: string, topics: string[]): User[] {
  const { topics: granted } = find(users, name);
  const stranger = topics.find((topic) => !granted.includes(topic));
  if (stranger !== undefined) {
    throw new UsersError(`${name} does not see ${stranger}, but ${granted.join(', ') || 'nothing'}`);
  }
  return change(users, name, { topics: topics.length === 0 ? [] : granted.filter((topic) => !topics.includes(topic)) });
}

/** Gives a user another password, which ends every session that began with the old one. */
export async function changePassword(users: User[], name: string, password: string): Promise<User[]> {
  find(users, name);
  return change(users, name, { password: await hash(password) });
}

/** The users as a table. */
export function describeUsers(users: User[]): string {
  if (users.length === 0) return 'There is no user yet.\n';
  const width = Math.max('USER'.length, ...users.map(({ name }) => name.length));
  const lines = users.map(({ name, topics }) => `${name.padEnd(width)}  ${topics.join(', ') || '-'}`);
  return [`${'USER'.padEnd(width)}  TOPICS`, ...lines, ''].join('\n');
}

function find(users: User[], name: string): User {
  const user = users.find((each) => each.name === name);
  if (user) return user;
  throw new UsersError(`there is no user ${name}; there is ${users.map((each) => each.name).join(', ') || 'none'}`);
}

function change(users: User[], name: string, changes: Partial<User>): User[] {
  return users.map((user) => (user.name === name ? { ...user, ...changes } : user));
}

function hash(password: string): Promise<string> {
  if (password.length < SHORTEST) throw new UsersError(`a password has at least ${SHORTEST} characters`);
  if (password.length > LONGEST) throw new UsersError(`a password has at most ${LONGEST} characters`);
  return hashPassword(password);
}

function checkTopics(topics: string[]): string[] {
  for (const topic of topics) {
    const { success, error } = topicName.safeParse(topic);
    if (!success) throw new UsersError(`${JSON.stringify(topic)} is no name for a topic: ${error.issues[0]!.message}`);
  }
  return [...new Set(topics)];
}
