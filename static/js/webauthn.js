/** Between the JSON that the server speaks and what `navigator.credentials` takes and gives. */

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} */
export function toBytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer @returns {string} base64url, without padding */
export function toText(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @param {any[] | undefined} list */
const withBytes = (list) => (list ?? []).map((item) => ({ ...item, id: toBytes(item.id) }));

/**
 * What `navigator.credentials.create` takes.
 * @param {any} options as the server sent them @param {boolean} isPasskey whether it is to open the account alone
 * @returns {CredentialCreationOptions}
 */
export function creation({ publicKey }, isPasskey) {
  const selection = { ...publicKey.authenticatorSelection };
  selection.residentKey = isPasskey ? "required" : "discouraged";
  selection.requireResidentKey = isPasskey;
  if (isPasskey) selection.userVerification = "required";
  return {
    publicKey: {
      ...publicKey,
      challenge: toBytes(publicKey.challenge),
      user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
      excludeCredentials: withBytes(publicKey.excludeCredentials),
      authenticatorSelection: selection,
    },
  };
}

/** What `navigator.credentials.get` takes. @param {any} options as the server sent them @returns {CredentialRequestOptions} */
export function request({ publicKey }) {
  return {
    publicKey: {
      ...publicKey,
      challenge: toBytes(publicKey.challenge),
      allowCredentials: withBytes(publicKey.allowCredentials),
    },
  };
}

/** The JSON of a key's answer. @param {any} credential @returns {string} */
export function answer(credential) {
  /** @type {Record<string, string>} */
  const response = {};
  for (const name of [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
  ]) {
    const part = credential.response[name];
    if (part) response[name] = toText(part);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}
