// What a browser lacks for a NaCl box: WebCrypto has X25519, but neither HSalsa20 nor XSalsa20-Poly1305.
export { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
