// Preloaded into a peer that would listen on every address of the machine: loopback only.
const net = require("net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  if (!/^\d+$/.test(String(port))) return listen.call(this, port, ...rest);
  return listen.call(this, Number(port), "127.0.0.1", ...rest.filter((part) => typeof part === "function"));
};
