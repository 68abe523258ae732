// oidc-provider as デジタル認証アプリ: code with PKCE, private_key_jwt, ES256, acr. Loopback only.
// argv: the installed package's index.js, port, client id, the client's public JWK, its return address.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { pathToFileURL } from "node:url";

const [file, port, clientId, jwk, returnAddress] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(file));
const issuer = `http://127.0.0.1:${port}`;
const next = { sub: "person-1", acr: "aal3" };
let provider;

function begin(kid) {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = { ...privateKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" };
  provider = new Provider(issuer, {
    clients: [{
      client_id: clientId, redirect_uris: [returnAddress], response_types: ["code"],
      grant_types: ["authorization_code"], token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256", id_token_signed_response_alg: "ES256",
      jwks: { keys: [JSON.parse(jwk)] },
    }],
    jwks: { keys: [key] },
    acrValues: ["aal3", "aal2", "crl"],
    claims: { openid: ["sub", "acr"] },
    clientAuthMethods: ["private_key_jwt"],
    enabledJWA: { idTokenSigningAlgValues: ["ES256"], clientAuthSigningAlgValues: ["ES256"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/card/${interaction.uid}` },
    cookies: { keys: ["test"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, acr: next.acr }) }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
  });
}

begin("key-1");
createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname === "/control") {
    if (url.searchParams.has("rotate")) begin(url.searchParams.get("rotate"));
    for (const name of ["sub", "acr"]) if (url.searchParams.has(name)) next[name] = url.searchParams.get(name);
    response.end("ok");
  } else if (url.pathname.startsWith("/card/")) {
    const login = { accountId: next.sub, acr: next.acr };
    await provider.interactionFinished(request, response, { login });
  } else {
    provider.callback()(request, response);
  }
}).listen(Number(port), "127.0.0.1");
