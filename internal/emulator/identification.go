// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "strings"

// EmailAddress is an e-mail address of a user: verified, reserved (unverified, usable for sign-in, unique) or neither.
type EmailAddress struct {
	ID           string        `json:"id"`
	Object       string        `json:"object"`
	EmailAddress string        `json:"email_address"`
	Reserved     bool          `json:"reserved"`
	Verification *Verification `json:"verification"`
	LinkedTo     []Link        `json:"linked_to"`
	CreatedAt    int64         `json:"created_at"`
	UpdatedAt    int64         `json:"updated_at"`
}

// PhoneNumber is a phone number of a user, in E.164.
type PhoneNumber struct {
	ID                      string        `json:"id"`
	Object                  string        `json:"object"`
	PhoneNumber             string        `json:"phone_number"`
	ReservedForSecondFactor bool          `json:"reserved_for_second_factor"`
	DefaultSecondFactor     bool          `json:"default_second_factor"`
	Reserved                bool          `json:"reserved"`
	Verification            *Verification `json:"verification"`
	LinkedTo                []Link        `json:"linked_to"`
	CreatedAt               int64         `json:"created_at"`
	UpdatedAt               int64         `json:"updated_at"`
}

// Web3Wallet is a wallet of a user: 0x and 40 hexadecimal digits, or a base 58 Solana address.
type Web3Wallet struct {
	ID           string        `json:"id"`
	Object       string        `json:"object"`
	Web3Wallet   string        `json:"web3_wallet"`
	Verification *Verification `json:"verification"`
	CreatedAt    int64         `json:"created_at"`
	UpdatedAt    int64         `json:"updated_at"`
}

// Link names the connected account that an address came from. Type is a strategy such as oauth_google.
type Link struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Verification says whether and how possession of an identifier was proved. Nil, null in JSON, means never.
type Verification struct {
	Object   string `json:"object"`
	Status   string `json:"status"`
	Strategy string `json:"strategy"`
	Attempts *int   `json:"attempts"`
	ExpireAt *int64 `json:"expire_at"`
}

// adminVerification is the verification that the Backend API sets for an address that is declared verified. It is
// documented for PUT email_address and assumed for the other calls.
func adminVerification() *Verification {
	return &Verification{Object: "verification_admin", Status: "verified", Strategy: "admin"}
}

// verified reports whether v proves possession.
func (v *Verification) verified() bool { return v != nil && v.Status == "verified" }

// status is the status of an identifier, in the words of Clerk's request fields.
type status string

const (
	statusVerified   status = "verified"
	statusReserved   status = "reserved"
	statusUnverified status = "unverified"
)

// VerifiedEmail returns a verified address to seed a user with.
func VerifiedEmail(address string) EmailAddress { return emailAddress(address, statusVerified) }

// ReservedEmail returns a reserved address to seed a user with.
func ReservedEmail(address string) EmailAddress { return emailAddress(address, statusReserved) }

// UnverifiedEmail returns an unverified address, which several users may have, to seed a user with.
func UnverifiedEmail(address string) EmailAddress { return emailAddress(address, statusUnverified) }

// VerifiedPhone returns a verified number to seed a user with.
func VerifiedPhone(number string) PhoneNumber { return phoneNumber(number, statusVerified) }

// ReservedPhone returns a reserved number to seed a user with.
func ReservedPhone(number string) PhoneNumber { return phoneNumber(number, statusReserved) }

// UnverifiedPhone returns an unverified number, which several users may have, to seed a user with.
func UnverifiedPhone(number string) PhoneNumber { return phoneNumber(number, statusUnverified) }

func emailAddress(address string, s status) EmailAddress {
	e := EmailAddress{EmailAddress: strings.ToLower(address), Reserved: s == statusReserved}
	if s == statusVerified {
		e.Verification = adminVerification()
	}
	return e
}

func phoneNumber(number string, s status) PhoneNumber {
	p := PhoneNumber{PhoneNumber: number, Reserved: s == statusReserved}
	if s == statusVerified {
		p.Verification = adminVerification()
	}
	return p
}

// claims reports whether no other user of the instance may have the address.
func (e *EmailAddress) claims() bool { return e.Reserved || e.Verification.verified() }

// claims reports whether no other user of the instance may have the number.
func (p *PhoneNumber) claims() bool { return p.Reserved || p.Verification.verified() }
