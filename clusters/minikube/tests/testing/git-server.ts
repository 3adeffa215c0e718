import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A private repository, which says what its branches are to who has the login, by git's oldest protocol. */
export const serveBranches = async (branches: string, login: string) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { authorization = 'nobody' } = request.headers;
    asked.push(authorization);
    if (authorization === `Basic ${Buffer.from(login).toString('base64')}`) response.end(branches);
    else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="private"' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/you/hello.git`, asked, close: () => void server.close() };
};
