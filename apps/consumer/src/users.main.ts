// Changes a file of accounts, for `npm run users` and bootstrap.sh, which have the file from the cluster.
//   standard input: a password in the first line (empty where none is needed), then the file
//   standard output: the changed file, or a table for `list`
import { text } from 'node:stream/consumers';
import {
  addUser,
  changePassword,
  describeUsers,
  formatUsers,
  grantTopics,
  parseUsers,
  removeUser,
  revokeTopics,
  type User,
  UsersError,
} from './access/index.ts';

const [command = '', name = '', ...topics] = process.argv.slice(2);
const input = await text(process.stdin);
const end = input.indexOf('\n');
const password = input.slice(0, end);

const commands = new Map<string, (users: User[]) => User[] | Promise<User[]>>([
  ['add', (users) => addUser(users, name, password, topics)],
  ['remove', (users) => removeUser(users, name)],
  ['grant', (users) => grantTopics(users, name, topics)],
  ['revoke', (users) => revokeTopics(users, name, topics)],
  ['password', (users) => changePassword(users, name, password)],
]);

try {
  if (end < 0) throw new UsersError('expected a password in the first line, maybe an empty one, and then the file');
  const users = parseUsers(input.slice(end + 1));
  const run = commands.get(command);
  if (command === 'list') process.stdout.write(describeUsers(users));
  else if (run) process.stdout.write(formatUsers(await run(users)));
  else throw new UsersError(`there is no command ${command}; there is ${[...commands.keys()].join(', ')}, list`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
