// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"io"

	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	crzap "sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// Format is how a line is written.
type Format string

const (
	// JSON is one JSON object per line.
	JSON Format = "json"
	// Console is for people.
	Console Format = "console"
)

const (
	// MaxLevel ends below the levels at which client-go writes out requests and answers, Secrets among them.
	MaxLevel = 5

	// timeLayout is RFC 3339 with milliseconds.
	timeLayout = "2006-01-02T15:04:05.000Z07:00"
)

// New returns the operator's logger. It writes every line up to the level; controller-runtime's would drop lines with the same message
// beyond 100 in a second, and audit lines have the same message. No line has a stack trace, except that of a panic.
func New(out io.Writer, format Format, level int8) logr.Logger {
	config := zap.NewProductionEncoderConfig()
	newEncoder := zapcore.NewJSONEncoder
	if format == Console {
		config = zap.NewDevelopmentEncoderConfig()
		newEncoder = zapcore.NewConsoleEncoder
	}
	config.EncodeTime = zapcore.TimeEncoderOfLayout(timeLayout)
	config.EncodeLevel = encodeLevel
	sink := zapcore.Lock(zapcore.AddSync(out))
	// This encoder writes of Kubernetes objects only what identifies them.
	core := zapcore.NewCore(&crzap.KubeAwareEncoder{Encoder: newEncoder(config)}, sink, zapcore.Level(-level))
	return zapr.NewLogger(zap.New(core, zap.ErrorOutput(sink), zap.AddStacktrace(zapcore.PanicLevel)))
}

// encodeLevel names the levels below info, which zap has no names for: debug is logr's level 1, and trace is every higher level.
func encodeLevel(level zapcore.Level, to zapcore.PrimitiveArrayEncoder) {
	if level < zapcore.DebugLevel {
		to.AppendString("trace")
		return
	}
	zapcore.LowercaseLevelEncoder(level, to)
}
