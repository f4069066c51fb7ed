'use strict';

const button = document.getElementById('sign');
const status = document.getElementById('status');
const message = document.getElementById('message');

function say(text, isBad = false) {
  status.textContent = text;
  status.className = isBad ? 'bad' : '';
}

async function ask(path, body) {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok)
    throw new Error('lucid login has ended. Start it again in the terminal.');
  const said = await answer.json();
  if (said.error)
    throw new Error(said.error);
  return said;
}

// TronLink and those that do as it does; newer ones are at window.tron (TIP-1193).
async function openWallet() {
  const wallet = window.tronLink ?? window.tron;
  if (!wallet)
    throw new Error('This browser has no TRON wallet. Install one, such as TronLink, and load the page again; or use lucid login --address.');
  await wallet.request({ method: wallet === window.tronLink ? 'tron_requestAccounts' : 'eth_requestAccounts' });
  const web = wallet.tronWeb || window.tronWeb;
  if (!web || !web.defaultAddress || !web.defaultAddress.base58)
    throw new Error('The wallet shows no account. Unlock it, and allow this page to see one.');
  return web;
}

button.addEventListener('click', async () => {
  button.disabled = true;
  try {
    say('Waiting for the wallet …');
    const web = await openWallet();
    const challenge = await ask('challenge', { address: web.defaultAddress.base58 });
    message.textContent = challenge.message;
    message.hidden = false;
    say('Sign this in the wallet:');
    const signature = await web.trx.signMessageV2(challenge.message);
    await ask('signature', { signature });
    say('Signed. Go back to the terminal; this page can be closed.');
  } catch (failure) {
    say(failure.message || String(failure), true);
    button.disabled = false;
  }
});
