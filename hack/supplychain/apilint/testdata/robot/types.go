// Package robot breaks conventions.
package robot

// RobotSpec is the desired state of a robot.
type RobotSpec struct {
	// Arms is how many arms it has.
	// +optional
	Arms *float64 `json:"arms,omitempty"`
}

type leniently struct {
	undecoded string
}
