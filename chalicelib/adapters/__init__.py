"""The ports of the job engine on AWS and the network: DynamoDB, SQS, S3, callbacks."""
