import { expect, it } from 'vitest';
import { describeInBrowser, signIn } from '../../testing/browser.ts';
import { openLog, startConsumer } from '../../testing/consumer.ts';
import { PASSWORD, SecuredFiles } from '../../testing/secured.ts';

describeInBrowser('what stands between', (open) => {
  // What is said of a proxy, proxy.test.ts knows.
  it('is not a proxy when the server itself says no, however often', async () => {
    const files = await SecuredFiles.create({ alice: ['hello-world'] });
    const { url } = await startConsumer(await openLog('hello-world'), {
      ...files.env,
      METRICS_PORT: '0',
      CONNECTIONS_PER_ACCOUNT: '1',
    });
    const { page: first } = await open(url, { ignoreHTTPSErrors: true });
    await signIn(first, { account: 'alice', password: PASSWORD });
    await first.locator('#pill[data-state=live]').waitFor();

    const page = await first.context().newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const refused = () =>
      page
        .waitForEvent('websocket')
        .then((socket) => socket.waitForEvent('framereceived', ({ payload }) => payload.toString().startsWith('44')));
    await Promise.all([refused(), page.goto(url)]);
    for (let tries = 0; tries < 5; tries += 1) {
      // A network that comes back makes it try at once.
      await Promise.all([refused(), page.evaluate(() => dispatchEvent(new Event('online')))]);
    }
    await page.locator('#pill[data-state=connecting]').waitFor();
    expect(asked).not.toContain('/api/live');
    expect(await page.locator('#obstacle').isVisible()).toBe(false);
  });
});
