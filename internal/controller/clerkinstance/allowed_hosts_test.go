// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"slices"
	"testing"
)

// Whoever may write a ClerkInstance must not be able to have the key sent, or anything asked, where the operator's owner
// did not mean it to go.
func TestAllow(t *testing.T) {
	t.Parallel()
	hosts, err := ParseAllowedHosts([]string{"api.clerk.com", "clerk.internal:8443", "http://127.0.0.1:8080", "https://[2001:db8::1]:443", "Mixed.Example"})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		url  string
		want bool
	}{
		"Listed":                    {"https://api.clerk.com/v1", true},
		"WithoutAPath":              {"https://api.clerk.com", true},
		"WithASlashAtTheEnd":        {"https://api.clerk.com/", true},
		"HostInUpperCase":           {"https://API.CLERK.COM/v1", true},
		"SchemeInUpperCase":         {"HTTPS://api.clerk.com/v1", true},
		"EntryInMixedCase":          {"https://mixed.example/v1", true},
		"ListedWithAPort":           {"https://clerk.internal:8443/v1", true},
		"ListedPlain":               {"http://127.0.0.1:8080/v1", true},
		"ListedIPv6":                {"https://[2001:db8::1]:443/v1", true},
		"IPv6InUpperCase":           {"https://[2001:DB8::1]:443/v1", true},
		"PathThatLeadsUp":           {"https://api.clerk.com/../../v1", true},
		"PathThatLooksLikeAHost":    {"https://api.clerk.com//evil.example/v1", true},
		"AnotherHost":               {"https://evil.example/v1", false},
		"AnotherScheme":             {"http://api.clerk.com/v1", false},
		"PlainOnesOverTLS":          {"https://127.0.0.1:8080/v1", false},
		"AnotherPort":               {"https://api.clerk.com:8443/v1", false},
		"ListedPortLeftOut":         {"https://clerk.internal/v1", false},
		"PlainOnesOtherPort":        {"http://127.0.0.1/v1", false},
		"NextPort":                  {"http://127.0.0.1:80801/v1", false},
		"EmptyPort":                 {"https://api.clerk.com:/v1", false},
		"Userinfo":                  {"https://api.clerk.com@evil.example/v1", false},
		"UserinfoBeforeTheListed":   {"https://evil.example@api.clerk.com/v1", false},
		"UserAndPassword":           {"https://a:b@api.clerk.com/v1", false},
		"EmptyUserinfo":             {"https://@api.clerk.com/v1", false},
		"Subdomain":                 {"https://x.api.clerk.com/v1", false},
		"ListedAsSubdomain":         {"https://api.clerk.com.evil.example/v1", false},
		"Suffix":                    {"https://evilapi.clerk.com/v1", false},
		"TrailingDot":               {"https://api.clerk.com./v1", false},
		"Parent":                    {"https://clerk.com/v1", false},
		"Lookalike":                 {"https://api.cIerk.com/v1", false},
		"CyrillicLookalike":         {"https://api.сlerk.com/v1", false},
		"CapitalIWithADot":          {"https://ap\u0130.clerk.com/v1", false},
		"KelvinSign":                {"https://api.cler\u212a.com/v1", false},
		"HostInAFragment":           {"https://evil.example#api.clerk.com", false},
		"HostInAQuery":              {"https://evil.example?api.clerk.com", false},
		"HostInAPath":               {"https://evil.example/api.clerk.com", false},
		"Backslash":                 {`https://evil.example\@api.clerk.com/v1`, false},
		"BackslashForASlash":        {`https:\\api.clerk.com/v1`, false},
		"EscapedDot":                {"https://api.clerk%2ecom/v1", false},
		"EscapedAt":                 {"https://evil.example%40api.clerk.com/v1", false},
		"NewLine":                   {"https://api.clerk.com\n.evil.example/v1", false},
		"Tab":                       {"https://api.clerk.com\t/v1", false},
		"Blank":                     {" https://api.clerk.com/v1", false},
		"NullByte":                  {"https://api.clerk.com\x00.evil.example", false},
		"LoopbackByName":            {"http://localhost:8080/v1", false},
		"LoopbackShortened":         {"http://127.1:8080/v1", false},
		"LoopbackInDecimal":         {"http://2130706433:8080/v1", false},
		"LoopbackInHex":             {"http://0x7f000001:8080/v1", false},
		"LoopbackInOctal":           {"http://0177.0.0.1:8080/v1", false},
		"LoopbackInIPv6":            {"http://[::1]:8080/v1", false},
		"LoopbackMappedIntoIPv6":    {"http://[::ffff:127.0.0.1]:8080/v1", false},
		"IPv6InAnotherSpelling":     {"https://[2001:db8:0::1]:443/v1", false},
		"IPv6WithAZone":             {"https://[2001:db8::1%25eth0]:443/v1", false},
		"IPv6WithoutBrackets":       {"https://2001:db8::1:443/v1", false},
		"MetadataOfACloud":          {"http://169.254.169.254/latest/meta-data", false},
		"ClusterItself":             {"https://kubernetes.default.svc/api", false},
		"File":                      {"file:///etc/passwd", false},
		"FileWithAListedHost":       {"file://api.clerk.com/etc/passwd", false},
		"OtherScheme":               {"gopher://api.clerk.com/v1", false},
		"SchemeOfASocket":           {"unix://api.clerk.com/v1", false},
		"NoScheme":                  {"api.clerk.com/v1", false},
		"SchemeLeftOpen":            {"//api.clerk.com/v1", false},
		"Opaque":                    {"https:api.clerk.com/v1", false},
		"OneSlash":                  {"https:/api.clerk.com/v1", false},
		"ThreeSlashes":              {"https:///api.clerk.com/v1", false},
		"NoHost":                    {"https://", false},
		"OnlyAPort":                 {"https://:443/v1", false},
		"Empty":                     {"", false},
		"NoURL":                     {"https://api.clerk.com:port/v1", false},
		"BrokenBracket":             {"https://[2001:db8::1/v1", false},
		"TwoHosts":                  {"https://api.clerk.com,evil.example/v1", false},
		"EverythingIsNotAWildcard":  {"https://*/v1", false},
		"PunycodeOfTheLookalike":    {"https://api.xn--lerk-45d.com/v1", false},
		"FullWidthLetters":          {"https://ａｐｉ.clerk.com/v1", false},
		"SoftHyphen":                {"https://api.cl\u00aderk.com/v1", false},
		"PortWithAPlus":             {"https://clerk.internal:+8443/v1", false},
		"PortWithAZeroInFront":      {"https://clerk.internal:08443/v1", false},
		"ListedHostWithTheRightPth": {"https://clerk.internal:8443/../v1/../admin", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := hosts.Allow(tc.url); got != tc.want {
				t.Errorf("Allow(%q) = %t, want %t", tc.url, got, tc.want)
			}
			if (AllowedHosts{}).Allow(tc.url) {
				t.Errorf("an empty list allows %q", tc.url)
			}
		})
	}
}

func TestParseAllowedHosts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		entry string
		want  string // "" is an error
	}{
		"Host":               {"api.clerk.com", "https://api.clerk.com"},
		"HostAndPort":        {"clerk.internal:8443", "https://clerk.internal:8443"},
		"SecureURL":          {"https://api.clerk.com", "https://api.clerk.com"},
		"PlainURL":           {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		"SlashAtTheEnd":      {"https://api.clerk.com/", "https://api.clerk.com"},
		"UpperCase":          {"API.Clerk.com", "https://api.clerk.com"},
		"IPv6":               {"[2001:db8::1]", "https://[2001:db8::1]"},
		"Path":               {"https://api.clerk.com/v1", ""},
		"PathWithoutScheme":  {"api.clerk.com/v1", ""},
		"Userinfo":           {"https://a@api.clerk.com", ""},
		"OtherScheme":        {"ftp://api.clerk.com", ""},
		"Empty":              {"", ""},
		"OnlyAScheme":        {"https://", ""},
		"Blank":              {"api.clerk.com evil.example", ""},
		"NoPort":             {"api.clerk.com:port", ""},
		"HalfABracket":       {"[2001:db8::1", ""},
		"ControlCharacter":   {"api.clerk.com\n", ""},
		"SchemeIsNotAsPlain": {"http:api.clerk.com", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hosts, err := ParseAllowedHosts([]string{"first.example", tc.entry})
			if (err != nil) != (tc.want == "") {
				t.Fatalf("ParseAllowedHosts(%q) = %v, %v; want %q", tc.entry, hosts, err, tc.want)
			}
			if err == nil && (!hosts[tc.want] || len(hosts) != 2) {
				t.Errorf("ParseAllowedHosts(%q) = %v, want %q beside the first", tc.entry, hosts, tc.want)
			}
		})
	}
	if hosts, err := ParseAllowedHosts(nil); err != nil || len(hosts) != 0 {
		t.Errorf("no entries are %v, %v", hosts, err)
	}
	if hosts, err := ParseAllowedHosts(slices.Repeat([]string{"a.example"}, 2)); err != nil || len(hosts) != 1 {
		t.Errorf("the same entry twice is %v, %v", hosts, err)
	}
}
