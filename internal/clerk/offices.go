// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "sync"

// Offices are the ticket offices of all instances, by instance id. They are safe for concurrent use.
type Offices struct {
	configure func(instanceID string) OfficeConfig

	mu   sync.Mutex
	byID map[string]*Office
}

// NewOffices returns a registry without offices; configure is asked once for every instance id that comes up.
func NewOffices(configure func(instanceID string) OfficeConfig) *Offices {
	return &Offices{configure: configure, byID: map[string]*Office{}}
}

// For returns the office of an instance, the same one every time.
func (o *Offices) For(instanceID string) *Office {
	o.mu.Lock()
	defer o.mu.Unlock()
	office, ok := o.byID[instanceID]
	if !ok {
		office = NewOffice(o.configure(instanceID))
		o.byID[instanceID] = office
	}
	return office
}
