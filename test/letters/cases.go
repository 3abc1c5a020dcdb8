// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package letters is the table of identifiers with unusual characters. The tests of the CRDs and of the planner use the
// same table, so that the admission rules and the planner agree.
package letters

import "fmt"

// Refuser says who refuses an identifier first. The planner also refuses what the API server refuses, because an object
// may have been stored before the rule existed.
type Refuser int

// Refusers.
const (
	// Nobody means that the identifier is sent to Clerk, with A to Z in lower case and otherwise unchanged.
	Nobody Refuser = iota
	// Planner means that no CEL rule can express the check, and that the object becomes InvalidSpec.
	Planner
	// APIServer means that a CEL rule refuses it.
	APIServer
)

// Case is an identifier and who refuses it.
type Case struct {
	// Username is true if Value is a username; otherwise it is an e-mail address.
	Username bool
	Value    string
	Refuser  Refuser
	// Remedy is a part of the refusal's message; "" for Nobody.
	Remedy string
}

// Field returns the path of the field that a refusal names.
func (c Case) Field() string {
	if c.Username {
		return "spec.username"
	}
	return "spec.emailAddresses[0].address"
}

// Spec returns a spec of a ClerkUser with the identifier, in YAML.
func (c Case) Spec() string {
	if c.Username {
		return fmt.Sprintf("{username: %q}", c.Value)
	}
	return fmt.Sprintf("{emailAddresses: [{address: %q}]}", c.Value)
}

const (
	lowerCase = "write the lower-case letter"
	ordinary  = "write the ordinary character"
	composed  = "write the composed letter"
	remove    = "control or invisible characters; remove them"
	oneForm   = "must be one e-mail address in the form name@domain"
)

func address(value string, by Refuser, remedy string) Case {
	return Case{Value: value, Refuser: by, Remedy: remedy}
}

func username(value string, by Refuser, remedy string) Case {
	return Case{Username: true, Value: value, Refuser: by, Remedy: remedy}
}

// Cases returns the table by name.
func Cases() map[string]Case {
	all := map[string]Case{}
	for _, table := range []map[string]Case{sent(), capitals(), otherForms(), invisible(), shapes()} {
		for name, c := range table {
			if _, taken := all[name]; taken {
				panic("two cases are called " + name)
			}
			all[name] = c
		}
	}
	return all
}

// sent are identifiers that are sent to Clerk. Lower case and NFKC do not change them. Clerk decides whether it accepts
// them: by default it accepts only Latin letters in usernames.
func sent() map[string]Case {
	return map[string]Case{
		"ASCII":                 address("ada@example.com", Nobody, ""),
		"ASCIICapitals":         address("Ada.LOVELACE@Example.COM", Nobody, ""),
		"PlusTag":               address("ada+tag@example.com", Nobody, ""),
		"ASCIISymbols":          address("o'hara!#$%&*/=?^_`{|}~-@example.com", Nobody, ""),
		"Punycode":              address("ada@xn--bcher-kva.example", Nobody, ""),
		"UnicodeDomain":         address("ada@bücher.example", Nobody, ""),
		"DomainWithoutDot":      address("ada@localhost", Nobody, ""),
		"ComposedLetter":        address("ren\u00e9@example.com", Nobody, ""),
		"SharpS":                address("stra\u00dfe@example.com", Nobody, ""),
		"DotlessI":              address("\u0131rmak@example.com", Nobody, ""),
		"FinalSigma":            address("\u03bf\u03b4\u03cc\u03c2@example.com", Nobody, ""),
		"Cyrillic":              address("\u0430\u0434\u0430@example.com", Nobody, ""),
		"LatinAndCyrillic":      address("\u0430da@example.com", Nobody, ""),
		"Chinese":               address("\u7528\u6237@\u4f8b\u5b50.example", Nobody, ""),
		"Arabic":                address("\u0639\u0644\u064a@example.com", Nobody, ""),
		"VowelSigns":            address("\u0939\u093f\u0928\u094d\u0926\u0940@example.com", Nobody, ""),
		"MarkThatComposesNever": address("q\u0308@example.com", Nobody, ""),
		"Emoji":                 address("\U0001F98A@example.com", Nobody, ""),
		"DotAtTheEndOfTheName":  address("ada.@example.com", Nobody, ""),

		"UsernameASCII":            username("Ada.Lovelace_1815", Nobody, ""),
		"UsernameComposed":         username("ren\u00e9_d", Nobody, ""),
		"UsernameSharpS":           username("stra\u00dfe", Nobody, ""),
		"UsernameDotlessI":         username("\u0131rmak", Nobody, ""),
		"UsernameLatinAndCyrillic": username("\u0430dam", Nobody, ""),
		"UsernameEmoji":            username("fox\U0001F98A", Nobody, ""),
	}
}

// capitals are identifiers with capital letters beyond A to Z, whose lower case in Unicode is another letter.
func capitals() map[string]Case {
	return map[string]Case{
		"CapitalUmlaut":      address("\u00dcnal@example.com", APIServer, lowerCase),
		"CapitalIWithDot":    address("\u0130rem@example.com", APIServer, lowerCase),
		"KelvinSign":         address("\u212aim@example.com", APIServer, lowerCase),
		"AngstromSign":       address("\u212bsa@example.com", APIServer, lowerCase),
		"CapitalSharpS":      address("STRA\u1e9eE@example.com", APIServer, lowerCase),
		"CapitalCyrillic":    address("\u0410da@example.com", APIServer, lowerCase),
		"CapitalSigma":       address("\u03a3igma@example.com", APIServer, lowerCase),
		"TitleCaseDigraph":   address("\u01c5@example.com", APIServer, lowerCase),
		"MathematicalLetter": address("\U0001D400da@example.com", APIServer, lowerCase),
		"CapitalInTheDomain": address("ada@B\u00dcCHER.example", APIServer, lowerCase),

		"UsernameCapitalUmlaut": username("\u00dcnal", APIServer, lowerCase),
		"UsernameDottedI":       username("\u0130rem", APIServer, lowerCase),
		"UsernameKelvinSign":    username("\u212aim_1", APIServer, lowerCase),
	}
}

// otherForms are identifiers with letters that stand for other letters, or that consist of parts.
func otherForms() map[string]Case {
	return map[string]Case{
		"LongS":             address("\u017fam@example.com", APIServer, ordinary),
		"MicroSign":         address("\u00b5@example.com", APIServer, ordinary),
		"OrdinalIndicator":  address("ad\u00aa@example.com", APIServer, ordinary),
		"FullWidth":         address("\uff41da@example.com", APIServer, ordinary),
		"FullWidthCapital":  address("\uff21da@example.com", APIServer, ordinary),
		"FullWidthDot":      address("ada@example\uff0ecom", APIServer, ordinary),
		"Ligature":          address("\ufb01n@example.com", APIServer, ordinary),
		"CircledLetter":     address("\u24d0da@example.com", APIServer, ordinary),
		"SuperscriptDigit":  address("ada\u00b2@example.com", APIServer, ordinary),
		"ScriptSmallL":      address("\u2113ea@example.com", Planner, ordinary),
		"SmallRomanNumeral": address("ada\u2170@example.com", Planner, ordinary),
		"MathematicalSmall": address("\U0001D41Ada@example.com", Planner, ordinary),
		"ThaiSaraAm":        address("\u0e19\u0e33@example.com", Planner, ordinary),
		"CompatibilityHan":  address("\uf900@example.com", Planner, ordinary),
		"LetterAndMark":     address("rene\u0301@example.com", Planner, composed),
		"MarksInOtherOrder": address("q\u0308\u0323@example.com", Planner, composed),
		"HangulJamo":        address("\u1100\u1161@example.com", Planner, composed),

		"UsernameLongS":         username("\u017fammy", APIServer, ordinary),
		"UsernameFullWidth":     username("\uff41dam", APIServer, ordinary),
		"UsernameScriptSmallL":  username("\u2113ea_1", Planner, ordinary),
		"UsernameLetterAndMark": username("rene\u0301", Planner, composed),
	}
}

// invisible are identifiers with invisible characters.
func invisible() map[string]Case {
	return map[string]Case{
		"ZeroWidthSpace":     address("ada\u200b@example.com", APIServer, remove),
		"ZeroWidthJoiner":    address("ada\u200d@example.com", APIServer, remove),
		"SoftHyphen":         address("ada\u00ad@example.com", APIServer, remove),
		"ByteOrderMark":      address("\ufeffada@example.com", APIServer, remove),
		"DirectionOverride":  address("ada\u202e@example.com", APIServer, remove),
		"LineSeparator":      address("ada\u2028@example.com", APIServer, oneForm),
		"NoBreakSpace":       address("ada\u00a0l@example.com", APIServer, oneForm),
		"Space":              address("ada l@example.com", APIServer, oneForm),
		"LineBreakAtTheEnd":  address("ada@example.com\n", APIServer, remove),
		"GraphemeJoiner":     address("ada\u034f@example.com", APIServer, remove),
		"HangulFiller":       address("ada\u3164@example.com", APIServer, remove),
		"VariationSelector":  address("\u2764\ufe0f@example.com", APIServer, remove),
		"TagCharacter":       address("ada\U000E0061@example.com", APIServer, remove),
		"LateVariation":      address("ada\U000E0100@example.com", APIServer, remove),
		"SoftHyphenInDomain": address("ada@exam\u00adple.com", APIServer, remove),

		"UsernameZeroWidthSpace":    username("ada\u200bm", APIServer, remove),
		"UsernameLineSeparator":     username("ada\u2028m", APIServer, remove),
		"UsernameSpace":             username("ada m", APIServer, remove),
		"UsernameGraphemeJoiner":    username("ada\u034fm", APIServer, remove),
		"UsernameVariationSelector": username("ada\u2764\ufe0f", APIServer, remove),
	}
}

// shapes are addresses that mail programs read as another address, or as more or less than one.
func shapes() map[string]Case {
	return map[string]Case{
		"QuotedName":        address(`"ada"@example.com`, APIServer, oneForm),
		"QuotedAt":          address(`"ada@work"@example.com`, APIServer, oneForm),
		"Escape":            address(`ad\a@example.com`, APIServer, oneForm),
		"Comment":           address("ada(work)@example.com", APIServer, oneForm),
		"DomainLiteral":     address("ada@[192.0.2.1]", APIServer, oneForm),
		"URL":               address("mailto:ada@example.com", APIServer, oneForm),
		"DotAtTheEnd":       address("ada@example.com.", APIServer, oneForm),
		"DotAfterTheAt":     address("ada@.example.com", APIServer, oneForm),
		"TwoDotsInTheHost":  address("ada@example..com", APIServer, oneForm),
		"TwoAddresses":      address("ada@example.com,bob@example.com", APIServer, oneForm),
		"TwoAts":            address("ada@bob@example.com", APIServer, oneForm),
		"FullWidthAt":       address("ada\uff20example.com", APIServer, oneForm),
		"WithoutAName":      address("@example.com", APIServer, oneForm),
		"WithDisplayName":   address("Ada <ada@example.com>", APIServer, oneForm),
		"SemicolonAtTheEnd": address("ada@example.com;", APIServer, oneForm),
	}
}
