import { expect, test } from "vitest";
import { answer, creation, request, toBytes, toText } from "../../static/js/webauthn.js";

test("bytes survive the way to text and back, without padding", () => {
  for (const bytes of [[], [0], [255, 254, 253], [62, 63, 251, 255, 191]]) {
    const text = toText(new Uint8Array(bytes).buffer);
    expect(text).toMatch(/^[\w-]*$/);
    expect([...toBytes(text)]).toEqual(bytes);
  }
});

const options = {
  publicKey: {
    challenge: "AQI",
    user: { id: "Aw", name: "ann" },
    excludeCredentials: [{ id: "BA", type: "public-key" }],
    authenticatorSelection: { userVerification: "preferred", residentKey: "discouraged" },
  },
};

test("a passkey must be found by itself and know its owner", () => {
  const { publicKey } = creation(options, true);
  expect(publicKey?.authenticatorSelection).toEqual({
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  });
  expect(creation(options, false).publicKey?.authenticatorSelection).toEqual({
    residentKey: "discouraged",
    requireResidentKey: false,
    userVerification: "preferred",
  });
  expect(options.publicKey.authenticatorSelection.residentKey).toBe("discouraged");
});

test("what the browser takes has bytes in the place of text", () => {
  const made = creation(options, false).publicKey;
  expect([...new Uint8Array(/** @type {any} */ (made?.challenge))]).toEqual([1, 2]);
  expect([...new Uint8Array(/** @type {any} */ (made?.user.id))]).toEqual([3]);
  expect(made?.excludeCredentials).toEqual([{ id: new Uint8Array([4]), type: "public-key" }]);
  expect(request({ publicKey: { challenge: "AQI" } }).publicKey?.allowCredentials).toEqual([]);
});

test("an answer holds the parts that there are", () => {
  const credential = {
    id: "BA",
    rawId: new Uint8Array([4]).buffer,
    type: "public-key",
    getClientExtensionResults: () => ({ credProps: { rk: true } }),
    response: {
      clientDataJSON: new Uint8Array([1]).buffer,
      signature: new Uint8Array([2]).buffer,
      userHandle: null,
    },
  };
  expect(JSON.parse(answer(credential))).toEqual({
    id: "BA",
    rawId: "BA",
    type: "public-key",
    clientExtensionResults: { credProps: { rk: true } },
    response: { clientDataJSON: "AQ", signature: "Ag" },
  });
});
