// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package roots

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// askVariable makes the test binary say which authorities it knows: Go looks for them once in a process.
const askVariable = "CLERK_OPERATOR_TEST_ROOTS"

func TestMain(m *testing.M) {
	if path := os.Getenv(askVariable); path != "" {
		tell(path)
		return
	}
	os.Exit(m.Run())
}

// tell prints how many of the public authorities are trusted, and whether the one in the file is.
func tell(path string) {
	trusts := func(der []byte) bool {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			fmt.Println(err)
			return false
		}
		_, err = certificate.Verify(x509.VerifyOptions{CurrentTime: certificate.NotBefore.Add(time.Minute), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		return err == nil
	}
	public := 0
	for root := range bundle.Roots() {
		if trusts(root.Certificate) {
			public++
		}
	}
	text, err := os.ReadFile(path)
	block, _ := pem.Decode(text)
	if err != nil || block == nil {
		fmt.Println("no certificate:", err)
		return
	}
	fmt.Printf("public=%t private=%t\n", public > 50, trusts(block.Bytes))
}

// TestMountedAuthoritiesWin asks processes on a machine that has no authorities, as the container image has none.
func TestMountedAuthoritiesWin(t *testing.T) {
	t.Parallel()
	private, empty := privateAuthority(t), t.TempDir()
	missing := filepath.Join(empty, "missing.crt")
	cases := map[string]struct {
		file, directory, want string
	}{
		"CompiledIn":       {missing, empty, "public=true private=false"},
		"MountedFile":      {private, empty, "public=false private=true"},
		"MountedDirectory": {missing, filepath.Dir(private), "public=false private=true"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = []string{fileVariable + "=" + tc.file, directoryVariable + "=" + tc.directory, askVariable + "=" + private}
			out, err := cmd.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != tc.want {
				t.Errorf("trusts %q (%v), want %q", got, err, tc.want)
			}
		})
	}
}

func TestVariablesWithoutCertificatesAreRefused(t *testing.T) {
	private, empty := privateAuthority(t), t.TempDir()
	notPEM := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		file, directory, want string
	}{
		"NothingIsSet":             {"", "", ""},
		"File":                     {private, "", ""},
		"Directory":                {"", filepath.Dir(private), ""},
		"OneOfTheDirectories":      {"", empty + ":/nonexistent:" + filepath.Dir(private), ""},
		"MissingFile":              {filepath.Join(empty, "ca.crt"), "", "SSL_CERT_FILE: reading"},
		"FileWithoutCertificate":   {notPEM, "", "SSL_CERT_FILE: " + notPEM + " has no certificate"},
		"MissingDirectory":         {"", "/nonexistent", "SSL_CERT_DIR: no file in /nonexistent"},
		"DirectoryWithoutAny":      {private, empty + ":" + filepath.Dir(notPEM), "SSL_CERT_DIR"},
		"GoodDirectoryMissingFile": {filepath.Join(empty, "ca.crt"), filepath.Dir(private), "SSL_CERT_FILE"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv(fileVariable, tc.file)
			t.Setenv(directoryVariable, tc.directory)
			err := Check()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Check() = %v, want %q", err, tc.want)
			}
		})
	}
}

// privateAuthority returns the path of a file, alone in its directory, with the certificate of a new authority.
func privateAuthority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "private"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
