package httpsig

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"sepiola/internal/errs"
)

// The sizes of keys that are used, in bits. Under 1024 they are broken; over
// 8192 one verification costs more than a stranger may cost us.
const (
	minKeyBits = 1024
	maxKeyBits = 8192
)

// maxPEM bounds a key's text; a private key of 8192 bits has some 6.5 KB.
const maxPEM = 16 << 10

// scheme is a way to sign with an RSA key.
type scheme int

const (
	pkcs1SHA256 scheme = iota
	pkcs1SHA512
	pssSHA512
)

func (s scheme) verify(key *rsa.PublicKey, base, sig []byte) error {
	switch s {
	case pkcs1SHA256:
		sum := sha256.Sum256(base)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig)
	case pkcs1SHA512:
		sum := sha512.Sum512(base)
		return rsa.VerifyPKCS1v15(key, crypto.SHA512, sum[:], sig)
	default:
		sum := sha512.Sum512(base)
		return rsa.VerifyPSS(key, crypto.SHA512, sum[:], sig, nil)
	}
}

// ParsePublicKey reads an RSA key of 1024 to 8192 bits in PEM, as PKIX
// (BEGIN PUBLIC KEY) or PKCS #1 (BEGIN RSA PUBLIC KEY). What it refuses is
// Invalid.
func ParsePublicKey(text string) (*rsa.PublicKey, error) {
	der, err := decodePEM(text)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "the public key cannot be read")
	}
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		var any any
		if any, err = x509.ParsePKIXPublicKey(der); err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "the public key cannot be read")
		}
		var ok bool
		if key, ok = any.(*rsa.PublicKey); !ok {
			return nil, errs.New(errs.Invalid, "the public key is not an RSA key")
		}
	}
	if err := checkSize(key); err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "the public key cannot be used: %s", err.Error())
	}
	return key, nil
}

// ParsePrivateKey reads an RSA key of 1024 to 8192 bits in PEM, as PKCS #8 or
// PKCS #1. What it refuses is Invalid.
func ParsePrivateKey(text string) (*rsa.PrivateKey, error) {
	der, err := decodePEM(text)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "the private key cannot be read")
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		var any any
		if any, err = x509.ParsePKCS8PrivateKey(der); err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "the private key cannot be read")
		}
		var ok bool
		if key, ok = any.(*rsa.PrivateKey); !ok {
			return nil, errs.New(errs.Invalid, "the private key is not an RSA key")
		}
	}
	if err := checkSize(&key.PublicKey); err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "the private key cannot be used: %s", err.Error())
	}
	return key, nil
}

func decodePEM(text string) ([]byte, error) {
	if len(text) > maxPEM {
		return nil, fmt.Errorf("%d bytes, at most %d are read", len(text), maxPEM)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	return block.Bytes, nil
}

func checkSize(key *rsa.PublicKey) error {
	if key == nil || key.N == nil {
		return errors.New("there is none")
	}
	if bits := key.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return fmt.Errorf("it has %d bits, %d to %d are accepted", bits, minKeyBits, maxKeyBits)
	}
	return nil
}
