package actor

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
)

// keyBits is the size of the RSA keys of local actors. 2048 is what the
// fediverse expects; some servers refuse others.
const keyBits = 2048

// Keys are the key pair of a local actor, PEM.
type Keys struct{ Public, Private string }

// GenerateKeys makes a key pair: PKIX and PKCS #1, as PeerTube keeps them. It
// takes a good part of a second on a small machine, so it belongs before a
// transaction, not inside.
func GenerateKeys() (Keys, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return Keys{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return Keys{}, err
	}
	return Keys{
		Public:  encodePEM("PUBLIC KEY", public),
		Private: encodePEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
	}, nil
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
