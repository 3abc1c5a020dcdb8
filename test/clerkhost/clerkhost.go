// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkhost serves an emulated Clerk under Clerk's own name, so that programs and objects in tests are those of the
// documentation.
package clerkhost

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// name is the host that the operator calls by default.
const name = "api.clerk.com"

// Clerk is an emulated Clerk instance that a program reaches through a proxy, and with a certificate of a private CA.
type Clerk struct {
	*emulator.Instance

	// Environment has a program use the proxy and trust the CA.
	Environment []string
	// Authority is the certificate of the CA, as PEM.
	Authority []byte

	server *emulator.Server
}

// Another adds a Clerk instance with this key at the same host. The prefix of the key decides its environment.
func (c *Clerk) Another(key string) *emulator.Instance {
	return c.server.AddInstance(emulator.InstanceConfig{Keys: []string{key}})
}

// New serves a Clerk instance with this secret key until the test ends. Each request has to fit Clerk's OpenAPI document.
func New(t *testing.T, key string) *Clerk {
	t.Helper()
	server := emulator.New(emulator.Config{})
	instance := server.AddInstance(emulator.InstanceConfig{Keys: []string{key}})
	certificate, authority := newCertificate(t, name)
	listener := httptest.NewUnstartedServer(contract.Enforce(t, server))
	listener.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	listener.StartTLS()
	t.Cleanup(func() { server.Close(); listener.Close() })
	proxy := httptest.NewServer(tunnel(t, listener.Listener.Addr().String()))
	t.Cleanup(proxy.Close)
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, authority, 0o600); err != nil {
		t.Fatal(err)
	}
	environment := []string{"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + file}
	return &Clerk{Instance: instance, Environment: environment, Authority: authority, server: server}
}

// tunnel is a proxy that leads connections for Clerk to an address, and no others.
func tunnel(t *testing.T, address string) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != name+":443" {
			t.Errorf("a program asks the proxy for %s %s", r.Method, r.Host)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		upstream, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", address)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer upstream.Close()
		w.WriteHeader(http.StatusOK)
		client, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer client.Close()
		ended := make(chan struct{}, 2)
		carry := func(to io.Writer, from io.Reader) { _, _ = io.Copy(to, from); ended <- struct{}{} }
		go carry(upstream, buffered)
		go carry(client, upstream)
		<-ended
	})
}

// newCertificate returns a certificate for a host and the PEM text of the CA that signed it.
func newCertificate(t *testing.T, host string) (tls.Certificate, []byte) {
	t.Helper()
	template := func(name string, serial int64) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial),
			Subject:      pkix.Name{CommonName: name},
			// Whatever the clock says.
			NotBefore: time.Unix(0, 0),
			NotAfter:  time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC),
		}
	}
	authority := template("a private CA", 1)
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign
	leaf := template(host, 2)
	leaf.DNSNames, leaf.ExtKeyUsage = []string{host}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	authorityKey, leafKey := newKey(t), newKey(t)
	signed := func(c *x509.Certificate, public *ecdsa.PublicKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, c, authority, public, authorityKey)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	certificate := tls.Certificate{Certificate: [][]byte{signed(leaf, &leafKey.PublicKey)}, PrivateKey: leafKey}
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed(authority, &authorityKey.PublicKey)})
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
