// What stands between node:http and the web's own Request and Response, and
// between names and addresses.

/** Answers the names of the test's sites without the DNS. hosts: name=address,… */
export function names(dns, hosts) {
  const known = new Map(hosts.split(',').filter(Boolean).map((pair) => pair.split('=')));
  const { lookup } = dns;
  dns.lookup = (name, options, done) => {
    const address = known.get(name);
    if (!address) return lookup(name, options, done);
    const [found, { all } = {}] = typeof options === 'function' ? [options] : [done, options];
    process.nextTick(() => (all ? found(null, [{ address, family: 4 }]) : found(null, address, 4)));
  };
}

/** An answer in JSON. */
export const send = (status, value) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });

/** HTML without its tags, for reading. */
export const text = (html) => html?.replace(/<[^>]*>/g, '');

/** Serves what `answer` makes of each request. */
export async function serve(kind, tls, listen, origin, answer) {
  const server = kind.createServer(tls ?? {}, async (from, to) => {
    try {
      const chunks = [];
      for await (const chunk of from) chunks.push(chunk);
      const headers = new Headers();
      for (let i = 0; i < from.rawHeaders.length; i += 2) headers.append(from.rawHeaders[i], from.rawHeaders[i + 1]);
      const body = from.method === 'GET' || from.method === 'HEAD' ? undefined : Buffer.concat(chunks);
      const response = await answer(new Request(new URL(from.url, origin), { method: from.method, headers, body }));
      to.writeHead(response.status, Object.fromEntries(response.headers));
      to.end(Buffer.from(await response.arrayBuffer()));
    } catch (e) {
      console.error(e);
      to.writeHead(500).end();
    }
  });
  const [address, port] = listen.split(':');
  await new Promise((done, fail) => server.once('error', fail).listen(Number(port), address, done));
  return server;
}
